// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.bench;

import com.google.common.collect.ImmutableList;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** RCPTs of one kind, each of which a server must answer with the same code. */
enum SmtpTraffic {
    PIPELINED_PASSES(Kind.PASSES, true, false),
    PASSES(Kind.PASSES, false, false),
    PIPELINED_INBOUND(Kind.INBOUND, true, false),
    INBOUND(Kind.INBOUND, false, false),
    PIPELINED_REFUSALS(Kind.REFUSALS, true, false),
    REFUSALS(Kind.REFUSALS, false, false),
    PIPELINED_PASSES_OF_ONE_RECIPIENT(Kind.PASSES, true, true),
    PIPELINED_REFUSALS_OF_ONE_RECIPIENT(Kind.REFUSALS, true, true);

    /** Internal domains, which all list {@link #LISTED}. */
    static final ImmutableList<String> DOMAINS =
            IntStream.range(0, 10).mapToObj(i -> "d" + i + ".example").collect(ImmutableList.toImmutableList());

    /** The recipients of inbound mail, who must exist: some in each domain. */
    static final ImmutableList<String> USERS = IntStream.range(0, SmtpLoad.RECIPIENTS)
            .mapToObj(i -> "user" + i / DOMAINS.size() + "@" + DOMAINS.get(i % DOMAINS.size()))
            .collect(ImmutableList.toImmutableList());

    static final String LISTED = "127.0.0.2";
    private static final String UNLISTED = "127.0.0.3";

    private static final double PASSES_AGAINST_JAMES = 0.97;
    private static final double REFUSALS_AGAINST_JAMES = 1.0;
    private static final double PASSES_AGAINST_POSTFIX = 2;
    private static final double PIPELINED_REFUSALS_AGAINST_POSTFIX = 1.5;

    private enum Kind {
        /** An internal sender, from a listed client, to outside. */
        PASSES("passes", LISTED),
        /** An external sender, from an unlisted client, to internal users. */
        INBOUND("inbound", UNLISTED),
        /** An internal sender, from an unlisted client, to outside. */
        REFUSALS("refusals", UNLISTED);

        private final String title;
        private final String client;

        Kind(String title, String client) {
            this.title = title;
            this.client = client;
        }
    }

    private final Kind kind;
    private final boolean pipelined;
    private final boolean oneRecipient;

    SmtpTraffic(Kind kind, boolean pipelined, boolean oneRecipient) {
        this.kind = kind;
        this.pipelined = pipelined;
        this.oneRecipient = oneRecipient;
    }

    String title() {
        return kind.title + (pipelined ? ", pipelined" : ", one by one") + (oneRecipient ? ", one recipient" : "");
    }

    String client() {
        return kind.client;
    }

    boolean pipelined() {
        return pipelined;
    }

    /** Whether it is measured with this server: a repeated recipient makes a difference to Postfix only. */
    boolean isMeasuredWith(SmtpSubject subject) {
        return switch (subject) {
            case EXTENSION -> true;
            case JAMES -> !oneRecipient;
            case POSTFIX -> kind != Kind.INBOUND;
        };
    }

    int reply(SmtpSubject subject) {
        if (kind != Kind.REFUSALS) {
            return 250;
        }
        // James by itself refuses for good whoever may not relay.
        return subject == SmtpSubject.JAMES ? 550 : 451;
    }

    SmtpLoad load() {
        return new SmtpLoad(senders(), recipients());
    }

    private ImmutableList<String> senders() {
        return kind == Kind.INBOUND
                ? ImmutableList.of("stranger@remote.example.com")
                : DOMAINS.stream().map(domain -> "alice@" + domain).collect(ImmutableList.toImmutableList());
    }

    private ImmutableList<String> recipients() {
        if (kind == Kind.INBOUND) {
            return USERS;
        }
        Stream<Integer> numbers = oneRecipient ? Stream.generate(() -> 0) : Stream.iterate(0, number -> number + 1);
        return numbers.limit(SmtpLoad.RECIPIENTS)
                .map(number -> "friend" + number + "@elsewhere.example.org")
                .collect(ImmutableList.toImmutableList());
    }

    /** The least ratio of the design, of the rate with the extension to that of the other; zero for none. */
    double budgetAgainst(SmtpSubject other) {
        boolean refusals = kind == Kind.REFUSALS;
        if (other == SmtpSubject.JAMES) {
            return refusals ? REFUSALS_AGAINST_JAMES : PASSES_AGAINST_JAMES;
        }
        if (refusals) {
            return pipelined ? PIPELINED_REFUSALS_AGAINST_POSTFIX : 0;
        }
        return oneRecipient ? 0 : PASSES_AGAINST_POSTFIX;
    }
}
