// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.mailets;

import com.google.common.collect.ImmutableList;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.apache.james.lifecycle.api.Disposable;
import org.apache.mailet.Mail;

/** Records which mails are disposed of: until then James keeps the file of a large message. */
final class DisposalRecorder {
    private final List<String> disposed = new ArrayList<>();

    /** The same mail, recorded, and so are its duplicates. */
    Mail record(Mail mail) {
        return (Mail) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {Mail.class, Disposable.class},
                (proxy, method, arguments) -> {
                    Object result = method.invoke(mail, arguments);
                    if (method.getName().equals("dispose")) {
                        disposed.add(mail.getState());
                    }
                    return method.getName().equals("duplicate") ? record((Mail) result) : result;
                });
    }

    /** The states of the mails that were disposed of. */
    ImmutableList<String> disposed() {
        return ImmutableList.copyOf(disposed);
    }
}
