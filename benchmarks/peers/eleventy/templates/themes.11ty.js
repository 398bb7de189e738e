import { escape, page, permalink } from "./parts.js";

export const data = { permalink: "themes/index.html", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const lines = collections.themes.map(({ id, title, stories }) => {
    const latest = `<a href="${site.base}${permalink(stories[0])}">${escape(stories[0].data.title)}</a>`;
    return `<li><h2><a href="${site.base}themes/${id}/">${escape(title)}</a></h2> ${stories.length} stories <p>Latest: ${latest}</p></li>\n`;
  });
  return page(site, "Themes", "themes/", `<ul>${lines.join("")}</ul>`);
}
