#!/bin/bash
# Runs in a root file system that systemd has booted, and writes what becomes of the service: one NAME=VALUE a line.
exec >/root/seen 2>/root/trace
set -x

state() { systemctl show tilld --property "$1" --value; }
say() { echo "$1=$2"; }
# until_so SECONDS PROPERTY VALUE ...: waits until all of them are so.
until_so() {
  local end=$((SECONDS + $1)) property value
  shift
  while [ $SECONDS -lt $end ]; do
    local pairs=("$@") so=yes
    while [ ${#pairs[@]} -gt 0 ]; do
      property=${pairs[0]} value=${pairs[1]} pairs=("${pairs[@]:2}")
      [ "$(state "$property")" = "$value" ] || so=no
    done
    [ $so = no ] || return 0
    sleep 0.2
  done
}

until_so 30 Result exec-condition
say unedited "$(state ActiveState) $(state Result) $(state NRestarts)"

cp /root/edited.json /etc/tilld/tilld.json
systemctl restart tilld
say edited "$(state ActiveState), $(state StatusText)"
say status "$(tilld status --json)"
main=$(state MainPID)
read -r box </proc/"$main"/task/"$main"/children
say rights "$(grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' /proc/"$box"/status | tr -s '\t\n' ' ')"

# A box that hangs: the watchdog bites.
kill -STOP "$box"
until_so 60 NRestarts 1 ActiveState active
say hung "$(state ActiveState) $(state NRestarts)"

kill -KILL "$(state MainPID)"
until_so 60 NRestarts 2 ActiveState active
say killed "$(state ActiveState) $(state NRestarts)"

echo '{' >/etc/tilld/tilld.json
systemctl restart tilld
until_so 30 NRestarts 2
say broken "$([ "$(state ActiveState)" = active ] || echo 'tried again')"
cp /root/edited.json /etc/tilld/tilld.json
until_so 30 ActiveState active
say mended "$(state ActiveState)"

# dpkg on a box that runs: a new version replaces the process, removal ends it.
main=$(state MainPID)
dpkg --install /root/tilld.deb >&2
say upgraded "$(state ActiveState) $([ "$(state MainPID)" = "$main" ] || echo anew)"
dpkg --remove tilld >&2
say removed "$(state ActiveState)"
dpkg --install /root/tilld.deb >&2
say installed "$(state ActiveState)"

systemctl stop tilld
say stopped "$(state ActiveState) $(state Result)"
journalctl --unit tilld --no-pager --output cat >/root/log

# A box that wants the board started again; here nothing may be, and systemd says that it was asked to.
mkdir -p /run/systemd/system/tilld.service.d
printf '%s\n' '[Service]' Type=exec Restart=no ExecStart= 'ExecStart=/bin/sh -c "exit 76"' >/run/systemd/system/tilld.service.d/reboot.conf
systemctl mask --runtime reboot.target
systemctl daemon-reload
systemctl start tilld
until_so 30 MainPID 0 ControlPID 0
say reboot "$(journalctl --unit tilld --no-pager --output cat | grep -o 'reboot.target is masked')"
systemctl poweroff
