// SPDX-License-Identifier: Apache-2.0
/** The panel that asks for a token, and the button that discards it. */
import * as api from "./api.js";
import { byId, setText } from "./dom.js";

const BEARER = /^Bearer\s+/i;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

function requestToken(rejected) {
    const panel = byId("token-panel");
    const appears = panel.hidden;
    api.useToken("");
    byId("discard-token").hidden = true;
    panel.hidden = false;
    if (rejected) {
        setText("token-message", "WebAdmin does not accept this token: it has expired, or is not one of an administrator of this James.");
        byId("token").setAttribute("aria-invalid", "true");
    }
    if (appears || rejected) {
        byId("token").focus();
    }
}

/** Reads the field, empties it, and removes the messages that a missing token has caused. */
function readField() {
    const field = byId("token");
    const text = field.value.trim().replace(BEARER, "");
    field.value = "";
    field.removeAttribute("aria-invalid");
    for (const id of ["token-message", "add-message", "check-message"]) {
        setText(id, "");
    }
    return text;
}

function acceptToken(text) {
    api.useToken(text);
    byId("token-panel").hidden = true;
    byId("discard-token").hidden = false;
    byId("domain").focus();
}

function rejectToken() {
    setText("token-message", "This is not a token: it has no spaces and no letters beyond ASCII.");
    byId("token").setAttribute("aria-invalid", "true");
}

function discardToken() {
    api.useToken("");
    byId("discard-token").hidden = true;
}

/** Calls `onToken` when there is a new token, and `onDiscard` when there is none any more. */
export function start({ onToken, onDiscard }) {
    api.onUnauthorized(requestToken);
    byId("token-form").addEventListener("submit", (event) => {
        event.preventDefault();
        const text = readField();
        if (PRINTABLE_ASCII.test(text)) {
            acceptToken(text);
            onToken();
        } else {
            rejectToken();
        }
    });
    byId("discard-token").addEventListener("click", () => {
        discardToken();
        onDiscard();
    });
}
