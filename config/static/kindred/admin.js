// What Django's own fields lack for those who hear a page: the names of boxes that one searches in, and
// a role for the marks that explain filters. Each is mended just after Django has made it.
"use strict";

window.django?.jQuery?.(() => {
  for (const select of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const shown = select.nextElementSibling?.querySelector(".select2-selection__rendered");
    if (!label || !shown) continue;
    label.id ||= `${select.id}_label`;
    for (const box of [shown.parentElement, shown]) box.setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
  }
});

addEventListener("load", () => {
  document.querySelectorAll(".selector .help-tooltip").forEach((mark) => mark.setAttribute("role", "img"));
});

// On a tablet the list of pages is closed until somebody opens it.
const OPEN = "django.admin.navSidebarIsOpen"; // as Django keeps it
if (localStorage.getItem(OPEN) === null && matchMedia("(max-width: 1024px)").matches) {
  document.querySelector("#toggle-nav-sidebar")?.click();
}
