/* The theme that was saved with the profile also becomes this browser's. */
import { setTheme } from "/static/core/theme.js";

const saved = document.querySelector("[data-saved-theme]")?.dataset.savedTheme;
if (saved) setTheme(saved);
