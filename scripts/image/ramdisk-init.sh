#!/bin/busybox sh
# The first program of the box: finds the system on the card and hands over to it.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules); do modprobe -q "$module"; done
label=$(sed -n 's/.*root=\(LABEL=[^ ]*\).*/\1/p' /proc/cmdline)
tries=0
while ! device=$(findfs "$label" 2>/dev/null); do
  tries=$((tries + 1))
  # A minute; panic= on the command line starts the box again.
  [ $tries -lt 300 ] || { echo "tilld: there is no $label"; exit 1; }
  sleep 0.2
done
mount -t ext4 -o ro,noatime "$device" /new || exit 1
# A card of its own name in logs and leases; systemd would make one anew at every start, because it finds / read-only.
if [ ! -s /new/etc/machine-id ]; then
  mount -o remount,rw /new
  tr -d - </proc/sys/kernel/random/uuid >/new/etc/machine-id.new
  mv /new/etc/machine-id.new /new/etc/machine-id
  sync
  mount -o remount,ro /new
fi
umount /proc /sys
mount --move /dev /new/dev
exec switch_root /new /sbin/init
