#!/bin/sh
# Makes the file system of the card out of its parts. Run in a mount namespace, by root or by what a namespace takes for root.
# make-root.sh BASE.tar DEB MODULES-ROOT FILES WORK ROOT-MIB EPOCH
set -eu
base=$1 deb=$2 kernel=$3 files=$4 work=$5 mib=$6 epoch=$7
root=$work/root
# Here, and not outside of the namespace, where the files of others could not be removed.
trap 'umount "$root/dev/null" 2>/dev/null || true; rm -rf "$root"' EXIT
mkdir "$root"
# Devices are made by the kernel at each start; what is root in a namespace only may not make any.
tar -xf "$base" -C "$root" --numeric-owner --exclude='./dev/*'
: >"$root/dev/null"
mount --bind /dev/null "$root/dev/null"

cp "$deb" "$root/tilld.deb"
PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive chroot "$root" dpkg -i /tilld.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log" >&2; exit 1; }
rm "$root/tilld.deb"
umount "$root/dev/null"
rm "$root/dev/null"
cp -r --no-preserve=ownership "$kernel/usr/lib/modules" "$root/usr/lib/"
# Kernels after 6.12 keep beside their modules what goes onto the boot partition.
for name in vmlinuz dtb System.map config; do rm -rf "$root"/usr/lib/modules/*/"$name"; done
cp -r --no-preserve=ownership "$files/." "$root/"
chmod 755 "$root/usr/lib/tilld-image/"*
chroot "$root" systemctl --quiet enable systemd-networkd systemd-resolved systemd-timesyncd ssh tilld tilld-grow tilld-provision fstrim.timer
# It is started by a rule for each radio, and not for everything.
chroot "$root" systemctl --quiet disable wpa_supplicant
for unit in getty@ serial-getty@ alsa-restore alsa-state dpkg-db-backup e2scrub_reap systemd-networkd-wait-online; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit.service"
done
for unit in dpkg-db-backup e2scrub_all; do ln -sf /dev/null "$root/etc/systemd/system/$unit.timer"; done
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"
# What must be each card's own, and what came from the machine that built it.
rm -f "$root"/etc/ssh/ssh_host_* "$root/var/lib/dbus/machine-id" "$root"/var/log/*.log "$root/var/cache/ldconfig/aux-cache"
: >"$root/etc/machine-id"
ln -sf /etc/machine-id "$root/var/lib/dbus/machine-id"
mkdir -p "$root/boot/firmware" "$root/var/lib/tilld"
find "$root" -xdev -newermt "@$epoch" -exec touch -h -d "@$epoch" {} +

# Without the newest features: older tools must be able to check it.
mkfs.ext4 -q -F -L tilld-root -U 7111d002-0000-4000-8000-000000000002 -E hash_seed=7111d002-0000-4000-8000-0000000000aa \
  -O ^metadata_csum_seed,^orphan_file -m 0 -d "$root" "$work/root.ext4" "${mib}M"
