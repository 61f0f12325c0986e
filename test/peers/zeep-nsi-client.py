"""Other people's tool kit as an NSI requester: the contract from the running service, the whole life cycle of a circuit, called back. Prints JSON."""
import http.server
import json
import queue
import sys
import threading
import uuid

import lxml.etree
import zeep
from zeep.wsse.username import UsernameToken

url, requester, provider, source, dest = sys.argv[1:]
base = "http://schemas.ogf.org/nsi/2013/12/"
soap = "{http://schemas.xmlsoap.org/soap/envelope/}"
headers = "{%sframework/headers}" % base
types = "{%sconnection/types}" % base
role = "application/vnd.ogf.nsi.cs.v2.%s+soap"

client = zeep.Client(url + "?wsdl", wsse=UsernameToken("alice", "wonderland", use_digest=True))
header = client.get_element(headers + "nsiHeader")
callbacks = queue.Queue()


class Listener(http.server.BaseHTTPRequestHandler):
    """Every callback is read by zeep, by the types of the contract."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        envelope = lxml.etree.fromstring(self.rfile.read(int(self.headers["Content-Length"])))
        head = header.parse(envelope.find(soap + "Header")[0], client.wsdl.types)
        body = envelope.find(soap + "Body")[0]
        value = client.get_element(body.tag).parse(body, client.wsdl.types)
        answer = lxml.etree.Element(soap + "Envelope")
        answer_header = lxml.etree.SubElement(answer, soap + "Header")
        header.render(answer_header, header(protocolVersion=role % "provider", correlationId=head.correlationId,
                                            requesterNSA=head.requesterNSA, providerNSA=head.providerNSA))
        lxml.etree.SubElement(lxml.etree.SubElement(answer, soap + "Body"), types + "acknowledgment")
        text = lxml.etree.tostring(answer)
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        callbacks.put((head.correlationId, lxml.etree.QName(body).localname, value))

    def log_message(self, *_):
        pass


listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
threading.Thread(target=listener.serve_forever, daemon=True).start()
heard = []


def said(correlation_id, reply_to=None):
    return [header(protocolVersion=role % "provider", correlationId=correlation_id, requesterNSA=requester,
                   providerNSA=provider, replyTo=reply_to)]


def ask(operation, **request):
    """What it is answered with at once, and the callback under its correlation id."""
    correlation_id = uuid.uuid4().urn
    answer = client.service[operation](
        **request, _soapheaders=said(correlation_id, "http://127.0.0.1:%d/callbacks" % listener.server_port))
    while True:
        of, name, value = callbacks.get(timeout=120)
        heard.append(name)
        if of == correlation_id:
            return answer, value


def query(operation, **request):
    """Sync queries: the body of the answer."""
    answer = client.service[operation](**request, _soapheaders=said(uuid.uuid4().urn))
    return answer.body if hasattr(answer, "body") else answer


def circuit(capacity):
    p2p = "%sservices/point2point" % base
    root = lxml.etree.Element("{%s}p2ps" % p2p, nsmap={"p2p": p2p})
    for name, text in (("capacity", str(capacity)), ("directionality", "Bidirectional"), ("sourceSTP", source), ("destSTP", dest)):
        lxml.etree.SubElement(root, name).text = text
    return root


def chosen(confirmed):
    """What a confirmation says of the circuit."""
    [p2ps] = [service for service in confirmed.criteria._value_1 if lxml.etree.QName(service).localname == "p2ps"]
    return {name: p2ps.findtext(name) for name in ("capacity", "sourceSTP")}


answer, confirmed = ask("reserve", description="by zeep", criteria={"schedule": {}, "serviceType": "circuit", "_value_1": [circuit(100)]})
connection_id = answer.body.connectionId if hasattr(answer, "body") else answer
assert confirmed.connectionId == connection_id
reserved = chosen(confirmed)
ask("reserveCommit", connectionId=connection_id)
ask("provision", connectionId=connection_id)
_, modified = ask("reserve", connectionId=connection_id, criteria={"version": 2, "_value_1": [circuit(200)]})
ask("reserveCommit", connectionId=connection_id)
ask("reserve", connectionId=connection_id, criteria={"version": 3, "_value_1": [circuit(300)]})
ask("reserveAbort", connectionId=connection_id)
_, summary = ask("querySummary", connectionId=[connection_id])
ask("release", connectionId=connection_id)
ask("terminate", connectionId=connection_id)
[last] = query("querySummarySync", connectionId=[connection_id]).reservation
results = query("queryResultSync", connectionId=connection_id).result
notifications = query("queryNotificationSync", connectionId=connection_id)
changes = [item["dataPlaneStateChange"] for item in notifications._value_1 if "dataPlaneStateChange" in item]
fault = None
try:
    client.service.provision(connectionId=str(uuid.uuid4()), _soapheaders=said(uuid.uuid4().urn))
except zeep.exceptions.Fault as refused:
    fault = {"code": refused.code, "detail": refused.detail[0].tag, "errorId": refused.detail.findtext("*/errorId")}
print(json.dumps({
    "operations": sorted(client.service._operations),
    "heard": [name for name in heard if name != "dataPlaneStateChange"],
    "reserved": reserved,
    "modified": [modified.criteria.version, chosen(modified)["capacity"]],
    "provisionState": summary.reservation[0].connectionStates.provisionState,
    "versions": [criteria.version for criteria in summary.reservation[0].criteria],
    "lifecycleState": last.connectionStates.lifecycleState,
    "results": [result.resultId for result in results],
    "active": [change.dataPlaneStatus.active for change in (changes[0], changes[-1])],
    "fault": fault,
}))
