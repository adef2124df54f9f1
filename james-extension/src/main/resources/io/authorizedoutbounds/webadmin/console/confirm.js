// SPDX-License-Identifier: Apache-2.0
/** The dialog that asks before a change. */
import { byId, el, setText, userText } from "./dom.js";

function fillDialog({ heading, text, facts, comment, go, danger }) {
    setText("confirm-heading", heading);
    setText("confirm-text", text);
    byId("confirm-facts").replaceChildren(
        ...facts.flatMap(([term, description]) => [el("dt", {}, term), el("dd", {}, userText(description))]));
    byId("confirm-comment-field").hidden = comment === undefined;
    byId("confirm-comment").value = comment ?? "";
    setText("confirm-go", go);
    byId("confirm-go").className = danger ? "main danger" : "main";
}

/** A change that removes something is not one stray key away. */
function firstFocus(danger, comment) {
    if (danger) {
        return "confirm-cancel";
    }
    return comment === undefined ? "confirm-go" : "confirm-comment";
}

/** A list that has to be scrolled can be, by keyboard too. */
function keepReachable(list) {
    if (list.scrollHeight > list.clientHeight) {
        list.tabIndex = 0;
    } else {
        list.removeAttribute("tabindex");
    }
}

/**
 * Asks in a dialog before a change.
 *
 * @param facts pairs of a term and a description
 * @param comment the content of the note field; without it there is no such field
 * @return the note, or null when the person says no
 */
export function confirm({ heading, text, facts = [], comment, go, danger = false }) {
    const dialog = byId("confirm");
    fillDialog({ heading, text, facts, comment, go, danger });
    dialog.returnValue = "";
    dialog.showModal();
    keepReachable(byId("confirm-facts"));
    byId(firstFocus(danger, comment)).focus();
    return new Promise((resolve) => {
        const close = () => resolve(dialog.returnValue === "go" ? byId("confirm-comment").value.trim() : null);
        dialog.addEventListener("close", close, { once: true });
    });
}

export function closeDialog() {
    byId("confirm").close();
}

export function start() {
    byId("confirm-form").addEventListener("submit", (event) => {
        event.preventDefault();
        byId("confirm").close("go");
    });
    byId("confirm-cancel").addEventListener("click", closeDialog);
    // A key that has been held since before the question does not answer it.
    byId("confirm").addEventListener("keydown", (event) => {
        if (event.repeat && event.key === "Enter") {
            event.preventDefault();
        }
    });
}
