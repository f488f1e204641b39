// Draws everything once, and again when the colours of the device change.
function drawn(first) {
  if (CLOCK) CLOCK.begin(); else if (first) absent("map");
  if (!first) { for (const id of ["flows-tools", "homes-tools", "stocks-tools", "migration-tools", "corridors-tools", "communities-tools", "quality-trends"]) if (byId(id)) byId(id).replaceChildren(); }
  for (const draw of [flowsSection, homesSection, stocksSection, migrationSection, corridorsSection, communitiesSection, qualitySection]) draw();
}

(function () {
  const home = country(DATA.home);
  const span = CLOCK ? [CLOCK.dates[0], CLOCK.dates[CLOCK.dates.length - 1]] : null;
  say("standfirst", `Where people are in ${home}, who goes over its borders, and who lives on both sides of them: seen through telephones that are counted and never followed.`);
  if (span) say("period", span[0] === span[1] ? longDay(span[0]) : `${dayMonth(span[0])} – ${fullDay(span[1])}`);
  else say("period", "no map yet");
  drawn(true);
  dark.addEventListener("change", () => drawn(false));
})();
