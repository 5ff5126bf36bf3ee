// Keys and small comforts. Every page works without this file.
(function () {
  "use strict";

  document.documentElement.classList.add("js");

  // Where a key sits, not what it writes: the keys stay put under a Russian layout.
  function nameOf(event) {
    if (event.key === "?") return "?";
    const match = /^(?:Key([A-Z])|(?:Digit|Numpad)([0-9]))$/.exec(event.code);
    return match ? (match[1] || match[2]).toLowerCase() : "";
  }

  function isWriting(target) {
    if (target.closest("dialog")) return true;
    if (target.matches("textarea, select")) return true;
    return target.matches("input") && !["radio", "checkbox"].includes(target.type);
  }

  function moveInList(step) {
    const rows = Array.from(document.querySelectorAll("[data-row]"));
    if (!rows.length) return false;
    const now = rows.indexOf(document.activeElement);
    const next = now < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, now + step));
    rows[next].focus();
    rows[next].scrollIntoView({ block: "nearest" });
    return true;
  }

  function isShown(element) {
    return Boolean(element.offsetParent) || element.matches("[data-opens]");
  }

  // An action chosen by its key opens the part of the form that it belongs to.
  function openPart(element) {
    const form = element.closest("form");
    const choice = form.querySelector('input[value="' + element.dataset.opens + '"]');
    if (!choice.checked) choice.click();
  }

  function use(element) {
    if (element.dataset.opens) openPart(element);
    if (element.matches("details")) {
      element.open = !element.open;
      element.querySelector("summary").focus();
      return;
    }
    element.click();
    if ("now" in element.dataset) {
      element.form.requestSubmit();
      return;
    }
    const control = element.matches("label") && element.control;
    if (control) control.focus();
    if (!element.matches("input")) return;
    element.focus();
    const form = element.form;
    if (element.value === "violation") {
      const box = form.querySelector('input[name="labels"]:checked') ||
        form.querySelector('input[name="labels"]');
      if (box) box.focus();
    } else if (element.value === "escalate") {
      form.querySelector("textarea").focus();
    }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    // Single keys can be turned off, for those who speak to their computer.
    if (document.documentElement.dataset.keys === "off") return;
    const key = nameOf(event);
    if (!key) return;
    if ((key === "j" || key === "k") && moveInList(key === "j" ? 1 : -1)) {
      event.preventDefault();
      return;
    }
    const found = Array.from(document.querySelectorAll('[data-key="' + key + '"]'));
    const element = found.find(isShown);
    if (element) {
      event.preventDefault();
      use(element);
    }
  });

  // Ctrl+Enter saves from within the note, as Enter does from the choices.
  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("textarea")) {
      event.target.form.requestSubmit();
    }
  });

  document.addEventListener("click", function (event) {
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog).showModal();
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      const field = document.getElementById(copier.dataset.copy);
      field.select();
      if (navigator.clipboard) navigator.clipboard.writeText(field.value);
      else document.execCommand("copy");
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // After a verdict the next case takes the place of the last: tell those who cannot see it.
  document.addEventListener("htmx:afterSwap", function (event) {
    const title = event.target.querySelector && event.target.querySelector("#case-title");
    const error = document.querySelector('#case [role="alert"]');
    document.getElementById("trouble").hidden = true;
    if (error) error.scrollIntoView({ block: "center" });
    else if (title) title.focus({ preventScroll: true });
  });

  function showTrouble() {
    document.getElementById("trouble").hidden = false;
  }
  document.addEventListener("htmx:sendError", showTrouble);
  document.addEventListener("htmx:timeout", showTrouble);
  document.addEventListener("htmx:responseError", showTrouble);
})();
