import { page } from "./parts.js";

export const data = { permalink: "archive/index.html", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const line = ({ folder, label, stories }) => `<li><a href="${site.base}${folder}/">${label}</a> ${stories.length} stories</li>\n`;
  return page(site, "Archive", "archive/", `<ol>${collections.weeks.map(line).join("")}</ol>`);
}
