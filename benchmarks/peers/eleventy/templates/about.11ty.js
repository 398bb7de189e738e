import { page } from "./parts.js";

export const data = { permalink: "about/index.html", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const about = collections.all.find((one) => one.data.name === "about");
  return page(site, about.data.title, "about/", about.content);
}
