/** What the TMS keeps: packages (their bytes lie beside the state), device groups, roll-outs and every report of a device. */
export const TMS_TABLES = `
CREATE TABLE tms_packages (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sha256 TEXT NOT NULL UNIQUE, name TEXT NOT NULL, size INTEGER NOT NULL CHECK (size > 0),
  facts TEXT NOT NULL, uploaded_at_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE tms_groups (name TEXT PRIMARY KEY, devices TEXT NOT NULL, changed_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE tms_deployments (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, sha256 TEXT NOT NULL REFERENCES tms_packages(sha256), group_name TEXT NOT NULL,
  batch_size INTEGER NOT NULL CHECK (batch_size > 0), pause_after_failures INTEGER NOT NULL CHECK (pause_after_failures > 0),
  deadline_ms INTEGER, permit_downgrade INTEGER NOT NULL CHECK (permit_downgrade IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'completed', 'cancelled', 'expired')), failures INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL, ended_at_ms INTEGER
) STRICT;
CREATE INDEX tms_deployments_by_package ON tms_deployments (sha256);
CREATE TABLE tms_deployment_devices (
  deployment_id TEXT NOT NULL REFERENCES tms_deployments(id), position INTEGER NOT NULL, device_sn TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'under-way', 'succeeded', 'failed', 'cancelled', 'expired')),
  told_at_ms INTEGER, status TEXT, progress INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', reported_at_ms INTEGER,
  PRIMARY KEY (deployment_id, device_sn)
) STRICT, WITHOUT ROWID;
CREATE INDEX tms_deployment_devices_under_way ON tms_deployment_devices (device_sn) WHERE state = 'under-way';
CREATE TABLE tms_reports (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, device_sn TEXT NOT NULL, report_id TEXT NOT NULL, deployment_id TEXT NOT NULL, status TEXT NOT NULL,
  progress INTEGER NOT NULL, reason TEXT NOT NULL, device_time_ms INTEGER NOT NULL, received_at_ms INTEGER NOT NULL,
  UNIQUE (device_sn, report_id)
) STRICT;
CREATE INDEX tms_reports_by_device ON tms_reports (device_sn, seq);
CREATE INDEX tms_reports_by_deployment ON tms_reports (deployment_id, device_sn, seq);
`;
