/**
 * What a tenant has its VMs run: a VLAN interface of its own choice, and a web server that says who answers and pings for us
 * from inside.
 */
import { type Address, type TenantName, vlan } from './tenants.js';

export const toUserData = (tenant: TenantName, address: Address): string => `#!/bin/sh
ip link add link eth0 name eth0.${vlan} type vlan id ${vlan}
ip address add ${address.tagged}/24 dev eth0.${vlan}
ip link set eth0.${vlan} up
mkdir -p /www/cgi-bin
cat >/www/cgi-bin/who <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
echo tenant=${tenant}
echo name=$(hostname)
echo kvm=$([ -c /dev/kvm ] && echo yes || echo no)
ip -o -4 address show | sed -n 's/.*inet \\([0-9./]*\\) .*/address=\\1/p' | grep -v 127.0.0.1
END
cat >/www/cgi-bin/ping <<'END'
#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n'
ping -c 3 -W 2 "$QUERY_STRING" 2>&1
END
chmod 755 /www/cgi-bin/*
httpd -h /www -p 80
`;

/** Who answered: tenant, name of the VM, /dev/kvm and addresses, as it says itself. */
export interface GuestAnswer {
  tenant: string;
  name: string;
  kvm: boolean;
  addresses: string[];
}

export function parseGuestAnswer(text: string): GuestAnswer {
  const values = (key: string) => [...text.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1]!);
  return {
    tenant: values('tenant')[0] ?? '',
    name: values('name')[0] ?? '',
    kvm: values('kvm')[0] === 'yes',
    addresses: values('address'),
  };
}
