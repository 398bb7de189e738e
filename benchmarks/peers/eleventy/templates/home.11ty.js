import { escape, groups, page } from "./parts.js";

export const data = { permalink: "index.html", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const [open, front, ...earlier] = collections.weeks;
  const week = ({ folder, label, stories }) => `<li><a href="${site.base}${folder}/">${label}</a> ${stories.length} stories</li>\n`;
  const coming = open.stories.slice(0, 5).map((story) => `<li>${escape(story.data.title)}</li>\n`);
  const themes = collections.themes.map(({ id, title, stories }) => `<li><a href="${site.base}themes/${id}/">${escape(title)}</a> ${stories.length}</li>\n`);
  const main = `${front ? groups(site, collections.themes, front.stories) : ""}
<h2>${open.label} so far</h2><p>${open.stories.length} stories</p><ul>${coming.join("")}</ul>
<h2>Themes</h2><ul>${themes.join("")}</ul>
<h2>Earlier weeks</h2><ol>${earlier.slice(0, 6).map(week).join("")}</ol>`;
  return page(site, site.title, "", main);
}
