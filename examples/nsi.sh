#!/bin/sh
# nsi OPERATION [XML]: one NSI request by curl to the simulated site of examples/fake-site.yaml, which takes this requester at its word.
# The XML is the content of the operation's element. NSI_URL and NSI_PROVIDER name another site.
set -eu
operation=$1
exec curl -sS "${NSI_URL:-http://127.0.0.1:8080/nsi/provider}" -H 'Content-Type: text/xml' --data-binary @- <<XML
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header>
  <h:nsiHeader xmlns:h="http://schemas.ogf.org/nsi/2013/12/framework/headers">
    <protocolVersion>application/vnd.ogf.nsi.cs.v2.provider+soap</protocolVersion>
    <correlationId>urn:uuid:$(cat /proc/sys/kernel/random/uuid)</correlationId>
    <requesterNSA>urn:ogf:network:acme.example:2026:nsa</requesterNSA>
    <providerNSA>${NSI_PROVIDER:-urn:ogf:network:fake.example:2026:nsa}</providerNSA>
  </h:nsiHeader>
</S:Header><S:Body>
  <n:$operation xmlns:n="http://schemas.ogf.org/nsi/2013/12/connection/types">${2:-}</n:$operation>
</S:Body></S:Envelope>
XML
