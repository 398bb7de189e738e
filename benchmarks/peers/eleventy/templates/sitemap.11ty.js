export const data = { permalink: "sitemap.xml", eleventyExcludeFromCollections: true };

export function render({ site, collections }) {
  const parts = collections.themePages.map(({ id, number }) => `themes/${id}/${number === 1 ? "" : `page/${number}/`}`);
  const places = ["", "archive/", "themes/", "about/", ...parts, ...collections.weeks.map(({ folder }) => `${folder}/`)];
  const urls = places.map((place) => `<url><loc>${site.url}${place}</loc></url>\n`).join("");
  return `<?xml version="1.0" encoding="utf-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls}</urlset>
`;
}
