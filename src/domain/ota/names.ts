import { OtaFault } from './ota-fault.ts';
import { quoted } from './quoted.ts';
import type { PackageType } from './update.ts';
import { type PackageVersion, parseVersion } from './version.ts';

/** The model every package of ours is for, as the names of packages have it. */
export const MODEL = 'DS50-MQ';
/** What a customer may be called: no underscore, which separates the parts of a package's name, and no card number. */
export const CUSTOMER = /^(?!(?:\D*\d){13})[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
export const CUSTOMER_RULE = '1 to 32 letters, digits and hyphens, a letter or digit first, at most 12 digits';

/** What the name of a core file says (integration guide, section 3.3). */
export interface CoreName {
  readonly type: PackageType;
  readonly version: PackageVersion;
}

/** What the name of a package says. */
export interface PackageName {
  readonly type: PackageType;
  readonly model: string;
  readonly customer: string;
  readonly version: PackageVersion;
}

/** `DS50_app_V1.0.0.img` or `resource_V1.0.0.zip`. */
export const coreName = (type: PackageType, version: string): string =>
  type === 'AP' ? `DS50_app_${version}.img` : `resource_${version}.zip`;

/** Reads the file name (without folders) of a core file. @throws OtaFault `ota-core-name`, `ota-version` */
export function parseCoreName(name: string): CoreName {
  const [, app, resource] = /^(?:DS50_app_(.+)\.img|resource_(.+)\.zip)$/.exec(name) ?? [];
  if (app !== undefined) return { type: 'AP', version: parseVersion(app) };
  if (resource !== undefined) return { type: 'CUST', version: parseVersion(resource) };
  throw new OtaFault('The name of the core file is not usable', {
    code: 'ota-core-name',
    found: quoted(name),
    expected: 'DS50_app_V<version>.img or resource_V<version>.zip',
  });
}

/** The name of a package without `.zip`, as its manifest holds it: `CUST_DS50-MQ_ACME_V1.0.0`. */
export const packageStem = (type: PackageType, model: string, customer: string, version: string): string =>
  `${type}_${model}_${customer}_${version}`;

/** Reads the file name (without folders) of a package: `CUST_DS50-MQ_ACME_V1.0.0.zip`. @throws OtaFault `ota-name`, `ota-version` */
export function parsePackageName(name: string): PackageName {
  const [, type, model = '', customer = '', version = ''] = /^(AP|CUST)_([A-Z0-9-]{1,32})_([^_]+)_(V[^_]*)\.zip$/.exec(name) ?? [];
  if ((type === 'AP' || type === 'CUST') && CUSTOMER.test(customer)) return { type, model, customer, version: parseVersion(version) };
  throw new OtaFault('The name of the package is not usable', {
    code: 'ota-name',
    found: quoted(name),
    expected: `AP_${MODEL}_<customer>_V<version>.zip or CUST_${MODEL}_<customer>_V<version>.zip`,
  });
}
