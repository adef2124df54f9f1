// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Streams;
import io.authorizedoutbounds.james.DeferredMailRetries;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.james.core.builder.MimeMessageBuilder;
import org.apache.james.mailrepository.api.MailKey;
import org.apache.james.mailrepository.api.MailRepository;
import org.apache.james.mailrepository.api.MailRepositoryStore;
import org.apache.james.mailrepository.memory.MemoryMailRepository;
import org.apache.james.server.core.MailImpl;
import org.apache.mailet.Mail;
import org.apache.mailet.ProcessingState;
import org.apache.mailet.base.test.FakeMailetConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeferToRepositoryTest {
    private static final String PATH = "file://var/mail/block-policy-unavailable/";

    /** On a disk that can be full, or of which a mail cannot be removed. */
    private final class FailingRepository extends MemoryMailRepository {
        private boolean full;
        private boolean readOnly;
        private boolean emptied;

        @Override
        public MailKey store(Mail mail) {
            if (full) {
                throw new IllegalStateException("No space left on device");
            }
            return super.store(mail);
        }

        @Override
        public Mail retrieve(MailKey key) {
            return emptied ? null : recorder.record(super.retrieve(key));
        }

        @Override
        public void remove(MailKey key) {
            if (readOnly) {
                throw new IllegalStateException("Read-only file system");
            }
            super.remove(key);
        }
    }

    private final DisposalRecorder recorder = new DisposalRecorder();
    private final FailingRepository repository = new FailingRepository();
    private final LimitedQueues queues = new LimitedQueues();
    private final AtomicBoolean canJudge = new AtomicBoolean(true);
    private final AtomicLong nanos = new AtomicLong();
    private final DeferredMailRetries retries = new DeferredMailRetries(canJudge::get, nanos::get);

    @BeforeEach
    void clearTheLog() {
        RecordedLog.clear();
    }

    private static FakeMailetConfig.Builder config() {
        return FakeMailetConfig.builder()
                .setProperty("repositoryPath", PATH)
                .setProperty("onMailetException", "propagate");
    }

    private DeferToRepository mailet() throws Exception {
        return mailet(config().build());
    }

    private DeferToRepository mailet(FakeMailetConfig config) throws Exception {
        return mailet(config, repository);
    }

    private DeferToRepository mailet(FakeMailetConfig config, MailRepository selected) throws Exception {
        MailRepositoryStore store = (MailRepositoryStore) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {MailRepositoryStore.class}, (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("select");
                    if (!arguments[0].toString().contains("file://")) {
                        throw new MailRepositoryStore.MailRepositoryStoreException("No Mail Repository associated");
                    }
                    return selected;
                });
        DeferToRepository mailet = new DeferToRepository(store, queues, retries);
        mailet.init(config);
        return mailet;
    }

    private static Mail mail(String name) throws Exception {
        return MailImpl.builder()
                .name(name)
                .sender("someone@remote.example")
                .addRecipient("one@elsewhere.example")
                .remoteAddr("192.0.2.1")
                .mimeMessage(MimeMessageBuilder.mimeMessageBuilder()
                        .setSubject("Hello")
                        .setText("Dear all"))
                .state("block-policy-unavailable")
                .build();
    }

    /** A minute later, when deferred mail is tried again. */
    private void retry() {
        nanos.addAndGet(Duration.ofMinutes(1).toNanos());
        retries.check();
    }

    private ImmutableList<String> stored() {
        return Streams.stream(repository.list()).map(MailKey::asString).collect(ImmutableList.toImmutableList());
    }

    @Test
    void mailShouldBeStoredAndEndThere() throws Exception {
        Mail mail = mail("mail-1");

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo(Mail.GHOST);
        assertThat(stored()).containsExactly("mail-1");
        assertThat(queues.spooled()).isEmpty();
    }

    @Test
    void mailShouldGoBackToTheSpoolWhenItCanBeJudged() throws Exception {
        mailet().service(mail("mail-1"));

        retry();

        assertThat(stored()).isEmpty();
        assertThat(queues.spooled()).hasSize(1);
        Mail again = queues.spooled().get(0);
        assertThat(again.getState()).isEqualTo("root");
        assertThat(again.getMaybeSender().asString()).isEqualTo("someone@remote.example");
        assertThat(again.getRecipients()).extracting(Object::toString).containsExactly("one@elsewhere.example");
        assertThat(again.getRemoteAddr()).isEqualTo("192.0.2.1");
        assertThat(again.getMessage().getSubject()).isEqualTo("Hello");
        assertThat(queues.delayedUntil())
                .allSatisfy(time -> assertThat(time).isBeforeOrEqualTo(ZonedDateTime.now(ZoneOffset.UTC)));
    }

    @Test
    void mailShouldBeDisposedOfWhenItIsQueued() throws Exception {
        mailet().service(mail("mail-1"));

        retry();

        assertThat(recorder.disposed()).containsExactly("root");
    }

    @Test
    void numberOfMailsThatAreJudgedAgainShouldBeLogged() throws Exception {
        DeferToRepository mailet = mailet();
        mailet.service(mail("mail-1"));
        mailet.service(mail("mail-2"));

        retry();

        assertThat(RecordedLog.linesOf(DeferredMailRetry.class))
                .containsExactly("INFO 2 deferred mails of " + PATH + " are judged again");
    }

    @Test
    void nothingShouldBeLoggedWhenNoMailIsDeferred() throws Exception {
        mailet();

        retry();

        assertThat(RecordedLog.linesOf(DeferredMailRetry.class)).isEmpty();
    }

    /** Over WebAdmin, after the repository was listed. */
    @Test
    void nothingShouldBeLoggedOfAMailThatSomebodyHasDeleted() throws Exception {
        mailet().service(mail("mail-1"));
        repository.emptied = true;

        retry();

        assertThat(RecordedLog.linesOf(DeferredMailRetry.class)).isEmpty();
        assertThat(queues.spooled()).isEmpty();
    }

    @Test
    void mailShouldGoBackToTheProcessorThatIsConfigured() throws Exception {
        mailet(config().setProperty("processor", "judge").build()).service(mail("mail-1"));

        retry();

        assertThat(queues.spooled()).extracting(Mail::getState).containsExactly("judge");
    }

    @Test
    void mailShouldStayStoredDuringAnOutage() throws Exception {
        mailet().service(mail("mail-1"));
        canJudge.set(false);

        retry();

        assertThat(stored()).containsExactly("mail-1");
        assertThat(queues.spooled()).isEmpty();
    }

    /** Under the same name it would be removed together with the one that was stored before. */
    @ParameterizedTest
    @CsvSource({
        "mail-1, mail-1-retried-1",
        "mail-1-retried-1, mail-1-retried-2",
        "mail-1-retried-99, mail-1-retried-100",
        "mail-1-retried-9999999999, mail-1-retried-9999999999-retried-1",
        "mail-1-retried-1-!2, mail-1-retried-1-!2-retried-1"
    })
    void mailShouldHaveAnotherNameEachTime(String name, String next) throws Exception {
        mailet().service(mail(name));

        retry();

        assertThat(queues.spooled()).extracting(Mail::getName).containsExactly(next);
    }

    @Test
    void mailThatTheQueueDoesNotTakeShouldStayStored() throws Exception {
        mailet().service(mail("mail-1"));
        queues.limitTo(0);

        retry();

        assertThat(stored()).containsExactly("mail-1");
    }

    @Test
    void oneMailThatCannotBeRemovedShouldNotKeepTheOthersFromBeingJudged() throws Exception {
        DeferToRepository mailet = mailet();
        mailet.service(mail("mail-1"));
        mailet.service(mail("mail-2"));
        repository.readOnly = true;

        retry();

        assertThat(queues.spooled()).hasSize(2);
    }

    @Test
    void mailThatCannotBeStoredShouldGoBackToTheQueueForAMinute() throws Exception {
        repository.full = true;
        Mail mail = mail("mail-1");

        mailet().service(mail);

        assertThat(mail.getState()).isEqualTo(Mail.GHOST);
        assertThat(queues.spooled()).extracting(Mail::getState).containsExactly("root");
        assertThat(queues.delayedUntil()).singleElement().satisfies(time -> assertThat(time)
                .isCloseTo(ZonedDateTime.now(ZoneOffset.UTC).plusMinutes(1), within(30, ChronoUnit.SECONDS)));
    }

    /** James tries again then, since onMailetException is propagate. */
    @Test
    void mailThatCanNeitherBeStoredNorQueuedShouldFail() throws Exception {
        repository.full = true;
        queues.limitTo(0);
        DeferToRepository mailet = mailet();
        Mail mail = mail("mail-1");

        assertThatThrownBy(() -> mailet.service(mail))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Cannot defer mail mail-1");
        assertThat(mail.getState()).isNotEqualTo(Mail.GHOST);
    }

    @Test
    void processorShouldBeRequiredOfJames() throws Exception {
        assertThat(mailet().requiredProcessingState()).containsExactly(new ProcessingState("root"));
    }

    @Test
    void mailetShouldSayWhatItIs() throws Exception {
        assertThat(mailet().getMailetInfo()).isEqualTo("Deferred mail of rule 2 of the authorized outbounds");
    }

    @Test
    void emptyProcessorShouldBeThatOfTheDefault() throws Exception {
        assertThat(mailet(config().setProperty("processor", " ").build()).requiredProcessingState())
                .containsExactly(new ProcessingState("root"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " "})
    void emptyPathShouldBeMissing(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        mailet(config().setProperty("repositoryPath", path).build()))
                .withMessageStartingWith("mailetcontainer.xml: DeferToRepository needs a repositoryPath, as ");
    }

    @Test
    void pathShouldBeRequired() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mailet(FakeMailetConfig.builder()
                        .setProperty("onMailetException", "propagate")
                        .build()))
                .withMessage("mailetcontainer.xml: DeferToRepository needs a repositoryPath, as"
                        + " file://var/mail/block-policy-unavailable/: there it stores deferred mail");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ignore", "error", "other"})
    void anotherWayOutThanTryingAgainShouldBeRefused(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        mailet(config().setProperty("onMailetException", value).build()))
                .withMessage("mailetcontainer.xml: DeferToRepository needs"
                        + " <onMailetException>propagate</onMailetException>: James would bounce mail that cannot be"
                        + " stored");
    }

    @Test
    void unknownParameterShouldBeRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> mailet(config().setProperty("delay", "60s").build()))
                .withMessage("mailetcontainer.xml: DeferToRepository does not know [delay]; it knows [repositoryPath,"
                        + " processor, onMailetException]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nothing://var/mail/x/", "var/mail/x"})
    void pathOfNoRepositoryShouldBeRefused(String path) {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        mailet(config().setProperty("repositoryPath", path).build()))
                .withMessageStartingWith("mailetcontainer.xml: DeferToRepository repositoryPath " + path
                        + " is not a repository of this James: ");
    }

    /** Two nodes would both send what is in it. */
    @Test
    void repositoryThatNodesMayShareShouldBeRefused() {
        MailRepository shared = (MailRepository) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {MailRepository.class}, (proxy, method, arguments) -> null);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> mailet(config().build(), shared))
                .withMessage("mailetcontainer.xml: DeferToRepository repositoryPath " + PATH
                        + " may be shared with other nodes, which would send its mail too: give it a file repository"
                        + " (mailrepositorystore.xml), or have the processor use James's Requeue instead of"
                        + " DeferToRepository");
    }
}
