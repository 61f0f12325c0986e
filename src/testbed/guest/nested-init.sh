#!/bin/sh
# Init of the level-2 guest: raises the NICs that the kernel's command line names, as nic=MAC,ADDRESS,MTU, and answers pings.
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/lib/modules/$module.ko"; done </lib/modules/order
ip link set lo up
for word in $(cat /proc/cmdline); do
  case $word in nic=*) ;; *) continue ;; esac
  IFS=, read -r mac address mtu <<END
${word#nic=}
END
  for nic in /sys/class/net/*; do
    [ "$(cat "$nic/address")" = "$mac" ] || continue
    name=$(basename "$nic")
    ip link set "$name" mtu "$mtu" up
    ip address add "$address" dev "$name"
    echo "nested: $address on $name" >/dev/console
  done
done
echo "nested: ready" >/dev/console
while :; do sleep 3600; done
