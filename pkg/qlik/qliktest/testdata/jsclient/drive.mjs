// Drives a tenant of the emulator with Qlik's own client and prints what it
// saw. Usage: node drive.mjs <emulator url> <theme.zip> <app.qvf>
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import * as apps from "@qlik/api/apps";
import * as groups from "@qlik/api/groups";
import * as items from "@qlik/api/items";
import * as spaces from "@qlik/api/spaces";
import * as tempContents from "@qlik/api/temp-contents";
import * as tenants from "@qlik/api/tenants";
import * as themes from "@qlik/api/themes";
import * as users from "@qlik/api/users";
import { setDefaultHostConfig } from "@qlik/api/auth";

const [emulator, themeFile, appFile] = process.argv.slice(2);
const host = "acme.eu.qlikcloud.com";

// The client believes in https and in Qlik's hosts; lead it to the emulator,
// which also takes the host from the path.
const realFetch = globalThis.fetch;
globalThis.fetch = (url, options) => realFetch(String(url).replace("https://", `${emulator}/`), options);

setDefaultHostConfig({
  host,
  authType: "oauth2",
  clientId: "robot",
  clientSecret: "secret",
  scope: "admin_classic",
  noCache: true,
});

const noCache = { noCache: true };

function say(what, ...values) {
  console.log(what, ...values.map((v) => JSON.stringify(v)));
}

/** Prints how a call fails. */
async function refused(what, promise) {
  try {
    const { status } = await promise;
    say(what, "was not refused", status);
  } catch (e) {
    say(what, e.status, e.data?.errors?.[0]?.code ?? e.data?.title ?? e.data);
  }
}

/** Follows the pages of a list to its end. */
async function all(response) {
  const rows = [...response.data.data];
  let pages = 1;
  while (response.next) {
    response = await response.next(noCache);
    rows.push(...response.data.data);
    pages++;
  }
  return { rows, pages };
}

const me = (await users.getMyUser(noCache)).data;
say("me", me.subject, me.status, me.assignedRoles.map((r) => r.name));
const tenant = (await tenants.getMyTenant(noCache)).data;
say("tenant", tenant.name, tenant.hostnames, tenant.region);

for (const name of ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]) {
  const made = await spaces.createSpace({ name, type: "shared", description: `space ${name}` });
  say("created", made.status, made.data.name, made.data.id, made.data.meta.assignableRoles);
}
await refused("taken name", spaces.createSpace({ name: "Alpha", type: "managed" }));
await refused("bad name", spaces.createSpace({ name: "a/b", type: "shared" }));
let listed = await all(await spaces.getSpaces({ limit: 2 }, noCache));
say("spaces", listed.pages, listed.rows.map((s) => s.name));
const [alpha, beta] = listed.rows;

const patched = await spaces.patchSpace(alpha.id, [{ op: "replace", path: "/description", value: "changed" }]);
say("patched", patched.status, patched.data.description);
say("deleted", (await spaces.deleteSpace(beta.id)).status);
await refused("gone", spaces.getSpace(beta.id, noCache));

const group = (await groups.createGroup({ name: "Analysts", status: "active" })).data;
const member = await spaces.createSpaceAssignment(alpha.id, { type: "group", assigneeId: group.id, roles: ["consumer"] });
say("member", member.status, member.data.type, member.data.roles);
await refused("twice", spaces.createSpaceAssignment(alpha.id, { type: "group", assigneeId: group.id, roles: ["producer"] }));
await refused("wrong role", spaces.createSpaceAssignment(alpha.id, { type: "user", assigneeId: me.id, roles: ["publisher"] }));
const promoted = await spaces.updateSpaceAssignment(alpha.id, member.data.id, { roles: ["producer", "consumer"] });
say("promoted", promoted.status, promoted.data.roles);
say("members", (await spaces.getSpaceAssignments(alpha.id, { limit: 10 }, noCache)).data.data.length);
say("left", (await spaces.deleteSpaceAssignment(alpha.id, member.data.id)).status);

const bytes = await readFile(themeFile);
const md5 = createHash("md5").update(bytes).digest("hex");
const zip = new Blob([bytes], { type: "application/zip" });
const theme = await themes.uploadTheme({ file: zip, data: { tags: ["gitops"] } });
say("theme", theme.status, theme.data.qextFilename, theme.data.name, theme.data.tags);
say("theme file", theme.data.file.md5 === md5, theme.data.file.contentLength === zip.size);
await refused("same theme", themes.uploadTheme({ file: zip }));
say("themes", (await themes.getThemes(noCache)).data.data.map((t) => t.qextFilename));

const prod = (await spaces.createSpace({ name: "Production", type: "managed" })).data;
const file = new Blob([await readFile(appFile)]);
const imported = await apps.importApp({ name: "Sales", spaceId: alpha.id }, file);
const app = imported.data.attributes;
say("imported", imported.status, app.name, app.description, app.id);
await refused("into managed", apps.importApp({ spaceId: prod.id }, file));
const published = await apps.publishApp(app.id, { spaceId: prod.id, attributes: { description: "{v1.0.0}" } });
const live = published.data.attributes;
say("published", published.status, live.name, live.description, live.originAppId === app.id, live.id);

const staged = (await apps.importApp({ name: "Sales", spaceId: alpha.id }, file)).data.attributes;
await refused("wrong origin", apps.republishApp(staged.id, { targetId: live.id }));
const again = await apps.republishApp(staged.id, {
  targetId: live.id, checkOriginAppId: false, data: "target", attributes: { name: "Sales", description: "{v1.1.0}" },
});
say("republished", again.status, again.data.attributes.id === live.id, again.data.attributes.description);
const found = await items.getItems({ resourceType: "app", spaceId: prod.id, noActions: true, limit: 100 }, noCache);
say("items", found.data.data.map((i) => [i.name, i.description, i.resourceId === live.id, i.resourceAttributes.originAppId === app.id]));

const exported = await apps.exportApp(app.id, { NoData: true });
const location = exported.headers.get("location");
const id = new URL(location, emulator).pathname.split("/").pop();
const download = await tempContents.downloadTempFile(id, {}, noCache);
say("exported", exported.status, download.status, download.data.size === file.size);
say("app deleted", (await apps.deleteApp(app.id)).status);
await refused("not empty", spaces.deleteSpace(alpha.id));
