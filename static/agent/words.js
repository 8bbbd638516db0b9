/* Other people's words on the desk are shown by the very rules of the widget: text nodes, links that
   say where they lead, turned reading order made visible. One place for both sides. */
export { size, visible, words } from "/static/widget/text.js";
