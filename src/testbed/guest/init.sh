#!/bin/sh
# Init of the small guest: finds its NoCloud seed, configures its NICs by it and runs the tenant's user data.
# Progress on the serial console, one line each, beginning with "guest:".
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt /root
/bin/busybox --install -s /bin
export PATH=/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
say() { echo "guest: $*" >/dev/console; }

# In the order of their dependencies; of KVM's two, the one for this make of CPU.
unwanted=kvm-intel
grep -q -w vmx /proc/cpuinfo && unwanted=kvm-amd
while read -r module; do
  [ "$module" = "$unwanted" ] || insmod "/lib/modules/$module.ko" || say "module $module refused"
done </lib/modules/order
if [ -c /dev/kvm ]; then say "kvm yes"; else say "kvm no"; fi

ip link set lo up
echo 1 >/proc/sys/net/ipv4/conf/all/arp_notify 2>/dev/null

seed=$(findfs LABEL=cidata 2>/dev/null || findfs LABEL=CIDATA 2>/dev/null)
if [ -n "$seed" ] && mount -t iso9660 -o ro "$seed" /mnt; then
  say "seed $seed"
  sed -n 's/^local-hostname: *//p' /mnt/meta-data | tr -d \"\' | head -n 1 >/run/hostname
  [ -s /run/hostname ] && hostname -F /run/hostname
fi

nic_with_mac() {
  for nic in /sys/class/net/*; do
    [ "$(cat "$nic/address")" = "$1" ] && basename "$nic" && return
  done
}

# The part of netplan's network-config version 2 that a flat network needs, as "KEY VALUE" lines; a NIC's match comes first.
network_config() {
  tr -d '"'\' <"$1" | tr -d '\r' | awk '
    /^ *#/ { next }
    /macaddress:/ { list = 0; print "mac", tolower($NF); next }
    /mtu:/ { list = 0; print "mtu", $NF; next }
    /addresses:/ { list = 1; line = $0; sub(/.*addresses: */, "", line); gsub(/[][,]/, " ", line)
                   n = split(line, a, " "); for (i = 1; i <= n; i++) print "address", a[i]; next }
    list && /^ *- / { print "address", $NF; next }
    { list = 0 }'
}

nic=
if [ -r /mnt/network-config ]; then
  network_config /mnt/network-config >/run/network
  while read -r key value; do
    case $key in
      mac) nic=$(nic_with_mac "$value"); [ -n "$nic" ] && ip link set "$nic" up; say "nic $nic mac $value" ;;
      mtu) [ -n "$nic" ] && ip link set "$nic" mtu "$value" ;;
      address) [ -n "$nic" ] && ip address add "$value" dev "$nic"; say "address $value on $nic" ;;
    esac
  done </run/network
fi

if [ -r /mnt/user-data ] && [ "$(head -c 2 /mnt/user-data)" = '#!' ]; then
  cp /mnt/user-data /run/user-data && chmod 700 /run/user-data
  say "user data"
  /run/user-data >/dev/console 2>&1
  say "user data ended with $?"
fi
umount /mnt 2>/dev/null
say "ready after $(cut -d' ' -f1 /proc/uptime) s"

# Init must not end.
while :; do sleep 3600; done
