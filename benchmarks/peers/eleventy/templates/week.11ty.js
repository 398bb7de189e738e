import { groups, page } from "./parts.js";

export const data = {
  pagination: { data: "collections.weeks", size: 1, alias: "week" },
  permalink: ({ week }) => `${week.folder}/index.html`,
  eleventyExcludeFromCollections: true,
};

export function render({ site, week, collections }) {
  const letter = week.letter ? `<section class="letter">${week.letter.content}</section>` : "";
  const newer = week.newer ? `<a rel="next" href="${site.base}${week.newer}/">Newer</a>` : "";
  const older = week.older ? `<a rel="prev" href="${site.base}${week.older}/">Older</a>` : "";
  const body = groups(site, collections.themes, week.stories);
  return page(site, week.label, `${week.folder}/`, `${letter}\n${body}\n<nav>${newer} ${older}</nav>`);
}
