import java.io.ByteArrayInputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.xml.datatype.XMLGregorianCalendar;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.ws.Holder;
import org.ogf.schemas.nsi._2013._12.connection.provider.ConnectionProviderPort;
import org.ogf.schemas.nsi._2013._12.connection.provider.ConnectionServiceProvider;
import org.ogf.schemas.nsi._2013._12.connection.provider.ServiceException;
import org.ogf.schemas.nsi._2013._12.connection.types.QueryResultResponseType;
import org.ogf.schemas.nsi._2013._12.connection.types.QuerySummaryResultType;
import org.ogf.schemas.nsi._2013._12.connection.types.ReservationRequestCriteriaType;
import org.ogf.schemas.nsi._2013._12.connection.types.ScheduleType;
import org.ogf.schemas.nsi._2013._12.framework.headers.CommonHeaderType;
import org.w3c.dom.Element;

/** A requester on what wsimport makes of the contract: the whole life cycle of a virtual infrastructure, polled. Prints what it has seen. */
public final class NsiPeer {
    private static final String VERSION = "application/vnd.ogf.nsi.cs.v2.provider+soap";
    private static final long PATIENCE_SECONDS = 120;

    private final ConnectionProviderPort port;
    private final String requester;
    private final String provider;
    private String connectionId;

    private NsiPeer(URL url, String requester, String provider) throws Exception {
        port = new ConnectionServiceProvider(new URL(url + "?wsdl")).getConnectionServiceProviderPort();
        this.requester = requester;
        this.provider = provider;
    }

    private Holder<CommonHeaderType> header() {
        CommonHeaderType header = new CommonHeaderType();
        header.setProtocolVersion(VERSION);
        header.setCorrelationId("urn:uuid:" + UUID.randomUUID());
        header.setRequesterNSA(requester);
        header.setProviderNSA(provider);
        return new Holder<>(header);
    }

    private static ReservationRequestCriteriaType criteria(int version, int machines) throws Exception {
        String xml = "<vi:infrastructure xmlns:vi='urn:iris:vi:1'>"
                + "<segment><key>6001</key><encapsulation>gre</encapsulation></segment>"
                + "<vm><name>vm</name><count>" + machines + "</count><cpus>1</cpus><memoryMiB>256</memoryMiB>"
                + "<diskGiB>1</diskGiB><image>small</image><nic/></vm></vi:infrastructure>";
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Element service = factory.newDocumentBuilder()
                .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8))).getDocumentElement();
        ReservationRequestCriteriaType criteria = new ReservationRequestCriteriaType();
        criteria.setVersion(version);
        criteria.setSchedule(new ScheduleType());
        criteria.setServiceType("urn:iris:vi:1");
        criteria.getAny().add(service);
        return criteria;
    }

    private static String kindOf(QueryResultResponseType result) {
        if (result.getReserveConfirmed() != null) return "reserveConfirmed";
        if (result.getReserveFailed() != null) return "reserveFailed";
        if (result.getReserveCommitConfirmed() != null) return "reserveCommitConfirmed";
        if (result.getReserveCommitFailed() != null) return "reserveCommitFailed";
        if (result.getReserveAbortConfirmed() != null) return "reserveAbortConfirmed";
        if (result.getProvisionConfirmed() != null) return "provisionConfirmed";
        if (result.getReleaseConfirmed() != null) return "releaseConfirmed";
        if (result.getTerminateConfirmed() != null) return "terminateConfirmed";
        return "error";
    }

    private List<QueryResultResponseType> results() throws Exception {
        return port.queryResultSync(connectionId, null, null, header());
    }

    /** Polls until the request of this header has its outcome. */
    private QueryResultResponseType outcome(Holder<CommonHeaderType> asked) throws Exception {
        String correlationId = asked.value.getCorrelationId();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (System.nanoTime() < end) {
            for (QueryResultResponseType result : results())
                if (result.getCorrelationId().equals(correlationId)) return result;
            TimeUnit.MILLISECONDS.sleep(100);
        }
        throw new IllegalStateException("no outcome of " + correlationId + " in time");
    }

    private QueryResultResponseType reserve(int version, int machines) throws Exception {
        Holder<CommonHeaderType> header = header();
        Holder<String> id = new Holder<>(connectionId);
        port.reserve(id, null, "by wsimport", criteria(version, machines), header);
        connectionId = id.value;
        return outcome(header);
    }

    private interface Operation {
        void ask(String connectionId, Holder<CommonHeaderType> header) throws Exception;
    }

    private void ask(Operation operation) throws Exception {
        Holder<CommonHeaderType> header = header();
        operation.ask(connectionId, header);
        outcome(header);
    }

    private QuerySummaryResultType summary() throws Exception {
        Holder<List<QuerySummaryResultType>> reservations = new Holder<>();
        List<String> ids = new ArrayList<>();
        ids.add(connectionId);
        port.querySummarySync(ids, new ArrayList<>(), null, reservations, new Holder<XMLGregorianCalendar>(), header());
        return reservations.value.get(0);
    }

    private void run() throws Exception {
        int version = reserve(1, 1).getReserveConfirmed().getCriteria().getVersion();
        ask(port::reserveCommit);
        ask(port::provision);
        System.out.println("reserved " + version + " " + summary().getConnectionStates().getProvisionState().value());
        int next = reserve(2, 2).getReserveConfirmed().getCriteria().getVersion();
        ask(port::reserveCommit);
        reserve(3, 3);
        ask(port::reserveAbort);
        System.out.println("modified " + next + " " + summary().getCriteria().get(0).getVersion());
        ask(port::release);
        ask(port::terminate);
        System.out.println("ended " + summary().getConnectionStates().getLifecycleState().value());
        System.out.println(results().stream().map(NsiPeer::kindOf).collect(Collectors.joining(" ")));
        try {
            port.provision(UUID.randomUUID().toString(), header());
        } catch (ServiceException refused) {
            System.out.println("refused " + refused.getFaultInfo().getErrorId() + " by " + refused.getFaultInfo().getNsaId());
        }
    }

    public static void main(String[] args) throws Exception {
        new NsiPeer(new URL(args[0]), args[1], args[2]).run();
    }
}
