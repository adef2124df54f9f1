// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.greaterThan;

import io.authorizedoutbounds.policy.DomainNames;
import io.authorizedoutbounds.policy.Locality;
import io.authorizedoutbounds.policy.Sender;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.james.core.Domain;
import org.apache.james.core.MailAddress;
import org.apache.james.core.MaybeSender;
import org.apache.james.domainlist.api.DomainList;
import org.apache.james.domainlist.api.DomainListException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InternalDomainsTest {
    private static final String U_LABEL = "b\u00fccher.example";
    private static final String A_LABEL = "xn--bcher-kva.example";

    /** The first letter is the Cyrillic one that looks like {@code a}. */
    private static final String HOMOGLYPH = "\u0430.example";

    private static final String HOMOGLYPH_A_LABEL = "xn--80a.example";

    @Nested
    class LocalityOf {
        @ParameterizedTest
        @ValueSource(strings = {"a.example", "A.EXAMPLE", "a.Example"})
        void domainOfTheListShouldBeInternalInWhateverCase(String name) {
            assertThat(localityOf(name, FixedDomainList.of("a.example"))).isEqualTo(Locality.INTERNAL);
        }

        @Test
        void domainShouldBeInternalWhenTheListWritesItInUpperCase() {
            assertThat(localityOf("a.example", FixedDomainList.of("A.EXAMPLE"))).isEqualTo(Locality.INTERNAL);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"b.example", "sub.a.example", "example", "aa.example", "xa.example", "a.example.com", "a"})
        void domainThatIsNotInTheListShouldBeExternal(String name) {
            assertThat(localityOf(name, FixedDomainList.of("a.example"))).isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void subDomainShouldBeInternalWhenItIsInTheListItself() {
            assertThat(localityOf("sub.a.example", FixedDomainList.of("a.example", "sub.a.example")))
                    .isEqualTo(Locality.INTERNAL);
        }

        @ParameterizedTest
        @ValueSource(strings = {"192.0.2.1", "[192.0.2.1]"})
        void addressLiteralShouldBeExternalEvenWhenItIsInTheList(String literal) {
            assertThat(localityOf(literal, FixedDomainList.of("192.0.2.1", "a.example")))
                    .isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void addressLiteralShouldBeExternalWithoutReadingTheList() {
            assertThat(localityOf("192.0.2.1", FixedDomainList.unreadable())).isEqualTo(Locality.EXTERNAL);
        }

        @ParameterizedTest
        @CsvSource({
            U_LABEL + "," + U_LABEL,
            U_LABEL + "," + A_LABEL,
            A_LABEL + "," + U_LABEL,
            A_LABEL + "," + A_LABEL,
            "B\u00dcCHER.example," + A_LABEL,
            "XN--BCHER-KVA.example," + U_LABEL
        })
        void internationalDomainShouldBeInternalInEitherForm(String name, String listed) {
            assertThat(localityOf(name, FixedDomainList.of(listed))).isEqualTo(Locality.INTERNAL);
        }

        @ParameterizedTest
        @ValueSource(strings = {HOMOGLYPH, HOMOGLYPH_A_LABEL})
        void domainThatOnlyLooksLikeOneOfTheListShouldBeExternal(String name) {
            assertThat(localityOf(name, FixedDomainList.of("a.example"))).isEqualTo(Locality.EXTERNAL);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    // A heart, which is no letter
                    "xn--g6h.example",
                    // Broken Punycode
                    "xn--99999999.example",
                    "xn--a.example",
                    // An ACE prefix that stands elsewhere
                    "a.xn--b.example",
                    "axn--b.example"
                })
        void aLabelThatIsNoDomainOfJamesInTheOtherFormShouldBeExternal(String name) {
            assertThat(localityOf(name, FixedDomainList.of("a.example", U_LABEL)))
                    .isEqualTo(Locality.EXTERNAL);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {
                    // Too long as an A-label
                    "\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc\u00fc"
                            + "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6"
                            + "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343.example",
                    // Letters of both directions
                    "\u05d0a.example"
                })
        void uLabelThatHasNoALabelShouldBeExternal(String name) {
            assertThat(localityOf(name, FixedDomainList.of("a.example"))).isEqualTo(Locality.EXTERNAL);
        }

        @Test
        void localityShouldBeUnknownWhenTheListCannotBeRead() {
            assertThat(localityOf("a.example", FixedDomainList.unreadable())).isEqualTo(Locality.UNKNOWN);
        }

        @Test
        void localityShouldBeUnknownWhenTheListCannotBeReadForTheOtherForm() {
            assertThat(localityOf(U_LABEL, FixedDomainList.of().unreadableFor(A_LABEL)))
                    .isEqualTo(Locality.UNKNOWN);
        }

        @Test
        void localityShouldBeUnknownWhenTheListThrowsWhatItDoesNotDeclare() {
            DomainList broken = new BrokenDomainList();

            assertThat(FixedDomainList.internalDomains(broken).localityOf(Domain.of("a.example")))
                    .isEqualTo(Locality.UNKNOWN);
        }
    }

    @Nested
    class SenderOf {
        @Test
        void senderOfADomainOfTheListShouldBeInternal() throws Exception {
            Sender sender = senderOf("user@A.Example", FixedDomainList.of("a.example"));

            assertThat(sender.internalDomain()).contains(Domain.of("a.example"));
            assertThat(sender.locality()).isEqualTo(Locality.INTERNAL);
        }

        @ParameterizedTest
        @ValueSource(
                strings = {"user@x.example", "user@sub.a.example", "user@[192.0.2.1]", "\"user@a.example\"@x.example"})
        void senderOfAnotherDomainShouldBeExternal(String address) throws Exception {
            Sender sender = senderOf(address, FixedDomainList.of("a.example", "192.0.2.1"));

            assertThat(sender.internalDomain()).isEmpty();
            assertThat(sender.locality()).isEqualTo(Locality.EXTERNAL);
            assertThat(sender.isNull()).isFalse();
        }

        @Test
        void domainShouldBeWhatFollowsTheLastUnquotedAt() throws Exception {
            Sender sender = senderOf("\"user@x.example\"@a.example", FixedDomainList.of("a.example"));

            assertThat(sender.internalDomain()).contains(Domain.of("a.example"));
        }

        // James's MailAddress takes A-labels only: a U-label is answered by 501.
        @ParameterizedTest
        @ValueSource(strings = {U_LABEL, A_LABEL})
        void internationalSenderShouldHaveTheDomainInTheFormOfTheLists(String listed) throws Exception {
            Sender sender = senderOf("user@XN--Bcher-kva.example", FixedDomainList.of(listed));

            assertThat(sender.internalDomain()).contains(Domain.of(A_LABEL));
        }

        @Test
        void nullSenderShouldBeExternalWithoutReadingTheList() {
            Sender sender = FixedDomainList.internalDomains(FixedDomainList.unreadable())
                    .senderOf(MaybeSender.nullSender());

            assertThat(sender.internalDomain()).isEmpty();
            assertThat(sender.locality()).isEqualTo(Locality.EXTERNAL);
            assertThat(sender.isNull()).isTrue();
        }

        @Test
        void senderShouldBeUnknownWhenTheListCannotBeRead() throws Exception {
            Sender sender = senderOf("user@a.example", FixedDomainList.unreadable());

            assertThat(sender.internalDomain()).isEmpty();
            assertThat(sender.locality()).isEqualTo(Locality.UNKNOWN);
        }
    }

    @Nested
    class Canonical {
        @ParameterizedTest
        @CsvSource({
            "a.example, a.example",
            "A.Example, a.example",
            U_LABEL + "," + A_LABEL,
            "B\u00dcCHER.Example," + A_LABEL,
            A_LABEL + "," + A_LABEL,
            HOMOGLYPH + "," + HOMOGLYPH_A_LABEL
        })
        void domainShouldBeInLowerCaseAndInALabels(String name, String expected) {
            assertThat(DomainNames.canonical(Domain.of(name)).asString()).isEqualTo(expected);
        }

        /** Sharp s to ss, full width to plain: each would be the list of another domain. */
        @ParameterizedTest
        @ValueSource(strings = {"stra\u00dfe.example", "\uff41.example", "\u00aa.example"})
        void domainThatWouldBecomeAnotherShouldBeRejected(String name) {
            assertThatIllegalArgumentException().isThrownBy(() -> DomainNames.canonical(Domain.of(name)));
        }

        @Test
        void domainThatHasNoALabelShouldBeRejected() {
            Domain bothDirections = Domain.of("\u05d0a.example");

            assertThatIllegalArgumentException().isThrownBy(() -> DomainNames.canonical(bothDirections));
        }
    }

    @Nested
    class WholeList {
        @ParameterizedTest
        @CsvSource({
            "a.example, a.example, true",
            U_LABEL + "," + A_LABEL + ", true",
            A_LABEL + "," + U_LABEL + ", true",
            "b.example, a.example, false",
            HOMOGLYPH + ", a.example, false"
        })
        void domainShouldBeInTheDatabaseInEitherForm(String name, String listed, boolean there) throws Exception {
            assertThat(FixedDomainList.internalDomains(FixedDomainList.of(listed))
                            .isInDatabase(Domain.of(name)))
                    .isEqualTo(there);
        }

        @Test
        void allDomainsShouldBeInOneFormAndNoAddressLiterals() throws Exception {
            assertThat(FixedDomainList.internalDomains(FixedDomainList.of("a.example", U_LABEL, "192.0.2.1"))
                            .all())
                    .containsExactlyInAnyOrder(Domain.of("a.example"), Domain.of(A_LABEL));
        }
    }

    @Nested
    class FreshLocalityOf {
        @ParameterizedTest
        @CsvSource({
            "a.example, INTERNAL",
            A_LABEL + ", INTERNAL",
            U_LABEL + ", INTERNAL",
            "b.example, EXTERNAL",
            "192.0.2.1, EXTERNAL"
        })
        void localityShouldBeThatOfTheList(String name, Locality expected) {
            InternalDomains domains =
                    FixedDomainList.internalDomains(FixedDomainList.of("a.example", A_LABEL, "192.0.2.1"));

            assertThat(domains.freshLocalityOf(Domain.of(name))).isEqualTo(expected);
        }

        @Test
        void localityShouldBeUnknownWhenTheListCannotBeRead() {
            assertThat(FixedDomainList.internalDomains(FixedDomainList.unreadable())
                            .freshLocalityOf(Domain.of("a.example")))
                    .isEqualTo(Locality.UNKNOWN);
        }
    }

    @Nested
    class Changed {
        private final InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of("a.example"));

        @Test
        void domainThatIsAddedShouldBeInternalAtOnceInBothForms() {
            long before = domains.generation();

            domains.added(Domain.of(U_LABEL));

            assertThat(domains.localityOf(Domain.of(A_LABEL))).isEqualTo(Locality.INTERNAL);
            assertThat(domains.localityOf(Domain.of(U_LABEL))).isEqualTo(Locality.INTERNAL);
            assertThat(domains.generation()).isNotEqualTo(before);
        }

        @Test
        void domainThatIsRemovedShouldBeExternalAtOnce() {
            long before = domains.generation();

            domains.removed(Domain.of("a.example"));

            assertThat(domains.localityOf(Domain.of("a.example"))).isEqualTo(Locality.EXTERNAL);
            assertThat(domains.generation()).isNotEqualTo(before);
        }
    }

    @Nested
    class Failing {
        @Test
        void listThatAnswersShouldNotBeFailing() {
            InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.of("a.example"));
            domains.localityOf(Domain.of("a.example"));

            assertThat(domains.isFailing()).isFalse();
            assertThat(domains.isBreakerOpen()).isFalse();
        }

        @Test
        void listShouldBeFailingAfterOneFailureAndNotQueriedAfterThree() {
            InternalDomains domains = FixedDomainList.internalDomains(FixedDomainList.unreadable());

            domains.localityOf(Domain.of("a.example"));
            assertThat(domains.isFailing()).isTrue();
            assertThat(domains.isBreakerOpen()).isFalse();
            domains.localityOf(Domain.of("b.example"));
            domains.localityOf(Domain.of("c.example"));

            await().until(domains::isBreakerOpen);
        }
    }

    private static Locality localityOf(String name, DomainList list) {
        return FixedDomainList.internalDomains(list).localityOf(Domain.of(name));
    }

    private static Sender senderOf(String address, DomainList list) throws Exception {
        return FixedDomainList.internalDomains(list).senderOf(MaybeSender.of(new MailAddress(address)));
    }

    private static final class BrokenDomainList implements DomainList {
        @Override
        public List<Domain> getDomains() {
            throw new IllegalStateException("broken");
        }

        @Override
        public boolean containsDomain(Domain domain) {
            throw new IllegalStateException("broken");
        }

        @Override
        public void addDomain(Domain domain) {
            throw new IllegalStateException("broken");
        }

        @Override
        public void removeDomain(Domain domain) {
            throw new IllegalStateException("broken");
        }

        @Override
        public Domain getDefaultDomain() {
            throw new IllegalStateException("broken");
        }
    }

    @Nested
    class Poll {
        private final AtomicBoolean configured = new AtomicBoolean();
        private final AtomicInteger reads = new AtomicInteger();
        private final DomainList list = (DomainList) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {DomainList.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("getDefaultDomain")) {
                        if (!configured.get()) {
                            throw new DomainListException(
                                    "Null default domain. Domain list might not be configured yet.");
                        }
                        return Domain.LOCALHOST;
                    }
                    reads.incrementAndGet();
                    return false;
                });
        private final InternalDomains domains = FixedDomainList.internalDomains(list);

        /** James's own list fails then, and a healthy start logs no WARN. */
        @Test
        void listShouldNotBeReadBeforeJamesHasConfiguredIt() {
            domains.poll();

            // A read that the poll had begun would be in front of this one.
            domains.localityOf(Domain.of("a.example"));
            assertThat(reads).hasValue(1);
        }

        @Test
        void listShouldBeReadWhenJamesHasConfiguredIt() {
            domains.poll();
            configured.set(true);

            domains.poll();

            await().untilAtomic(reads, greaterThan(0));
        }
    }
}
