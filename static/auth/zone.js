/* Offers the device's own time zone before anybody has chosen one. */
for (const list of document.querySelectorAll("select[data-guess-zone='True']")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...list.options].some((option) => option.value === zone)) list.value = zone;
}
