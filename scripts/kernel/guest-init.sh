#!/usr/bin/busybox sh
# The first program of the emulated machine: mounts what a box needs and takes commands on the second console.
/usr/bin/busybox --install -s /usr/bin
export PATH=/usr/bin:/usr/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts pts /dev/pts
for folder in /run /tmp /var/lib; do mount -t tmpfs tmp $folder; done
modprobe -a 9pnet_virtio 9p virtio_net virtio_gpu
mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro share /mnt
ip link set lo up
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip route add default via 10.0.2.2
echo "BOOTED $(uname -r)"
exec 3<>/dev/hvc0
stty raw -echo <&3
echo READY >&3
while read -r command <&3; do
  eval "$command" </dev/null >&3 2>&3
done
