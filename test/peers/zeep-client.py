"""Other people's tool kit against a running rms service: reads the WSDL from it, and prints what it got as JSON."""
import json
import sys

import zeep
from zeep.wsse.username import UsernameToken

url, correlation_id = sys.argv[1:]
client = zeep.Client(url + "?wsdl", wsse=UsernameToken("alice", "wonderland", use_digest=True))
site = client.service.getSite()
reserved = client.service.reserve(
    correlationId=correlation_id,
    tenant="red",
    criteria={
        "segment": {"key": 4711, "encapsulation": "gre"},
        "vm": [{"name": "a", "cpus": 1, "memoryMiB": 512, "diskGiB": 1, "image": "small", "nic": [{}, {"mac": "52:54:00:00:00:01"}]}],
        "peer": [{"site": "osaka", "gateway": "192.0.2.7"}],
    },
)
fault = None
try:
    client.service.reserve(correlationId=correlation_id, tenant="blue", criteria={"segment": {"key": 1, "encapsulation": "gre"}})
except zeep.exceptions.Fault as refused:
    fault = {"code": refused.code, "errorId": refused.detail.findtext("*/errorId")}
print(json.dumps({
    "operations": sorted(client.service._operations),
    "site": site.site,
    "vlans": site.externalPort[0].vlan,
    "state": reserved.states.reservationState,
    "port": reserved.committed.vm[0].nic[0].port,
    "holdExpires": reserved.held.holdExpires.isoformat(),
    "fault": fault,
}))
