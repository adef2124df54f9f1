// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.smtp;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.james.core.Username;
import org.apache.james.protocols.smtp.utils.BaseFakeSMTPSession;

/** The state of a connection that a hook sees, with the life cycle of James's {@code SMTPSessionImpl}. */
class FakeSmtpSession extends BaseFakeSMTPSession {
    private final InetSocketAddress remoteAddress;
    private final Map<AttachmentKey<?>, Object> connection = new HashMap<>();
    private final Map<AttachmentKey<?>, Object> transaction = new HashMap<>();
    private boolean relayingAllowed;
    private Username username;

    FakeSmtpSession(InetSocketAddress remoteAddress) {
        this.remoteAddress = remoteAddress;
    }

    @Override
    public InetSocketAddress getRemoteAddress() {
        return remoteAddress;
    }

    @Override
    public String getSessionID() {
        return "a session";
    }

    @Override
    public Username getUsername() {
        return username;
    }

    @Override
    public void setUsername(Username username) {
        this.username = username;
    }

    @Override
    public boolean isRelayingAllowed() {
        return relayingAllowed;
    }

    @Override
    public void setRelayingAllowed(boolean relayingAllowed) {
        this.relayingAllowed = relayingAllowed;
    }

    @Override
    public void resetState() {
        transaction.clear();
    }

    @Override
    public <T> Optional<T> setAttachment(AttachmentKey<T> key, T value, State state) {
        return key.convert(attachments(state).put(key, value));
    }

    @Override
    public <T> Optional<T> removeAttachment(AttachmentKey<T> key, State state) {
        return key.convert(attachments(state).remove(key));
    }

    @Override
    public <T> Optional<T> getAttachment(AttachmentKey<T> key, State state) {
        return key.convert(attachments(state).get(key));
    }

    private Map<AttachmentKey<?>, Object> attachments(State state) {
        return state == State.Connection ? connection : transaction;
    }
}
