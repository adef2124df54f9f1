// SPDX-License-Identifier: Apache-2.0
/** The form that adds an address to the domain that is shown. */
import { authorize } from "./authorize.js";
import { changeAlone } from "./change.js";
import { byId, setText } from "./dom.js";
import { showError } from "./errors.js";
import { shown } from "./state.js";

function readForm() {
    const expires = byId("add-expires").value;
    return {
        ip: byId("add-ip").value.trim(),
        comment: byId("add-comment").value.trim(),
        expiresAt: expires === "" ? "" : new Date(expires).toISOString(),
    };
}

function showFailure(error) {
    const field = byId("add-ip");
    showError("add-message", error);
    if (error.status === 400) {
        field.setAttribute("aria-invalid", "true");
    }
    if (error.status !== 401) {
        field.focus();
    }
}

async function add(reload) {
    const form = byId("add-form");
    const { domain } = shown;
    setText("addresses-status", "");
    setText("add-message", "");
    byId("add-ip").removeAttribute("aria-invalid");
    form.setAttribute("aria-busy", "true");
    try {
        const request = readForm();
        if (await authorize(request)) {
            form.reset();
            setText("addresses-status", `${request.ip} may send for ${domain} now.`);
            reload();
        }
        byId("add-ip").focus();
    } catch (e) {
        showFailure(e);
    } finally {
        form.removeAttribute("aria-busy");
    }
}

export function clear() {
    byId("add-form").reset();
    byId("add-ip").removeAttribute("aria-invalid");
}

export function start({ reload }) {
    byId("add-form").addEventListener("submit", (event) => {
        event.preventDefault();
        changeAlone(() => add(reload));
    });
}
