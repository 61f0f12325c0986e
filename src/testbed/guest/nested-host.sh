#!/bin/sh
# User data of a level-1 VM that runs a level-2 VM: bridges for its NIC, untagged and in a VLAN, and QEMU, whose monitor is the second serial port.
#   serve ROLE VLAN MAC1 MAC2 KERNEL-WORDS   ROLE: boot, or wait for a migration
# When QEMU has ended the next one waits for a migration, so that the VM can come back.
export PATH=/bin:/usr/bin
role=$1 vlan=$2 plain=$3 tagged=$4
shift 4

address=$(ip -4 address show dev eth0 | sed -n 's/.*inet \([0-9./]*\).*/\1/p')
own=$(cat /sys/class/net/eth0/address)
mtu=$(cat /sys/class/net/eth0/mtu)
tunctl -t tap0 >/dev/null
tunctl -t tap1 >/dev/null
brctl addbr br0
brctl addif br0 eth0
brctl addif br0 tap0
vconfig add eth0 "$vlan" >/dev/null
brctl addbr br1
brctl addif br1 "eth0.$vlan"
brctl addif br1 tap1
ip address flush dev eth0
ip link set br0 address "$own"
for nic in tap0 tap1 "eth0.$vlan" br0 br1; do
  ip link set "$nic" mtu "$mtu"
  ip link set "$nic" up
done
ip address add "$address" dev br0

accelerator=tcg cpu=max
[ -c /dev/kvm ] && accelerator=kvm cpu=host
echo "guest: level 2 by $accelerator"
while :; do
  incoming=
  [ "$role" = wait ] && incoming='-incoming defer'
  qemu-system-x86_64 -machine q35 -accel $accelerator -cpu $cpu -m 112 -nodefaults -display none $incoming \
    -kernel /nested/vmlinuz -initrd /nested/initrd.gz -append "console=ttyS0 quiet mitigations=off init_on_free=1 $*" \
    -netdev tap,id=n0,ifname=tap0,script=no,downscript=no -device "virtio-net-pci,netdev=n0,mac=$plain,romfile=" \
    -netdev tap,id=n1,ifname=tap1,script=no,downscript=no -device "virtio-net-pci,netdev=n1,mac=$tagged,romfile=" \
    -serial file:/dev/console -chardev serial,id=monitor,path=/dev/ttyS1 -mon chardev=monitor,mode=control
  echo "guest: QEMU ended with $?"
  role=wait
done
