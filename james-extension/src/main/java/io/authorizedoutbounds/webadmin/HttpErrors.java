// SPDX-License-Identifier: Apache-2.0
package io.authorizedoutbounds.webadmin;

import org.apache.james.core.Domain;
import org.apache.james.webadmin.utils.ErrorResponder;
import org.apache.james.webadmin.utils.ErrorResponder.ErrorType;
import org.eclipse.jetty.http.HttpStatus;
import spark.HaltException;

/** The errors of WebAdmin, with James's error body. */
final class HttpErrors {
    private HttpErrors() {}

    static HaltException badRequest(String message) {
        return error(HttpStatus.BAD_REQUEST_400, ErrorType.INVALID_ARGUMENT, message);
    }

    static HaltException unknown(Domain domain) {
        return notFound("The domain list of James does not contain " + domain.asString());
    }

    static HaltException notFound(String message) {
        return error(HttpStatus.NOT_FOUND_404, ErrorType.NOT_FOUND, message);
    }

    static HaltException unavailable(String message) {
        return error(HttpStatus.SERVICE_UNAVAILABLE_503, ErrorType.SERVER_ERROR, message);
    }

    /** For a browser's request that comes from a page of another site. */
    static HaltException forbidden(String message) {
        return error(HttpStatus.FORBIDDEN_403, ErrorType.INVALID_ARGUMENT, message);
    }

    static HaltException lengthRequired(String message) {
        return error(HttpStatus.LENGTH_REQUIRED_411, ErrorType.INVALID_ARGUMENT, message);
    }

    /** For a change whose {@code If-Match} is of an earlier list. */
    static HaltException preconditionFailed(String message) {
        return error(HttpStatus.PRECONDITION_FAILED_412, ErrorType.INVALID_ARGUMENT, message);
    }

    /** For a change that another one has overtaken. */
    static HaltException conflict(String message) {
        return error(HttpStatus.CONFLICT_409, ErrorType.WRONG_STATE, message);
    }

    private static HaltException error(int status, ErrorType type, String message) {
        return ErrorResponder.builder()
                .statusCode(status)
                .type(type)
                .message(message)
                .haltError();
    }
}
