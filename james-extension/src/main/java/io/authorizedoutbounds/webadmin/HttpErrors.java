// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import org.apache.james.core.Domain;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.eclipse.jetty.http.HttpStatus;
import spark.HaltException;

/** What a call is answered that is not done, with James's body of an error. */
final class HttpErrors {
    private HttpErrors() {}

    static HaltException badRequest(String sentence) {
        return error(HttpStatus.BAD_REQUEST_400, ErrorType.INVALID_ARGUMENT, sentence);
    }

    static HaltException unknown(Domain domain) {
        return notFound("The domain list of James does not contain " + domain.asString());
    }

    static HaltException notFound(String sentence) {
        return error(HttpStatus.NOT_FOUND_404, ErrorType.NOT_FOUND, sentence);
    }

    static HaltException unavailable(String sentence) {
        return error(HttpStatus.SERVICE_UNAVAILABLE_503, ErrorType.SERVER_ERROR, sentence);
    }

    /** What a browser asks for a page that may not ask. */
    static HaltException forbidden(String sentence) {
        return error(HttpStatus.FORBIDDEN_403, ErrorType.INVALID_ARGUMENT, sentence);
    }

    static HaltException lengthRequired(String sentence) {
        return error(HttpStatus.LENGTH_REQUIRED_411, ErrorType.INVALID_ARGUMENT, sentence);
    }

    private static HaltException error(int status, ErrorType type, String sentence) {
        return ErrorResponder.builder()
                .statusCode(status)
                .type(type)
                .message(sentence)
                .haltError();
    }
}
