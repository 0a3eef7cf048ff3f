// A process that is killed in the middle of its work: run by a test, with the database and the keys in its environment.
import { Audit, auditKey } from "../../src/audit/audit.ts";
import { enrol } from "../../src/audit/sweep.ts";
import { openDatabase } from "../../src/storage/database.ts";
import { parseKeyring } from "../../src/vault/keyring.ts";
import { Vault } from "../../src/vault/vault.ts";
import { executed, who } from "./people.ts";

const database = openDatabase(process.env["TEST_URL"]!);
const vault = new Vault(parseKeyring(process.env["TEST_KEYS"]!));
await vault.check(database.knex);
const { number } = await enrol(database);
const audit = new Audit(database, await auditKey(database.knex, vault), number, () => new Date());
await audit.append(who("answered"), executed("pending", "/answered"));
await audit.append(who("answered"), executed("ok", "/answered"));
await audit.append(who("open"), executed("pending", "/open"));
await audit.append(who("redirected"), executed("pending", "/first"));
await audit.append(who("redirected"), executed("pending", "/second"));
await audit.append(who("two kinds"), executed("pending", "/two"));
await audit.append(who("two kinds"), { action: "account.refreshed", outcome: "ok", facts: { account: "CRM" } });
await audit.append(who("twice"), executed("pending", "/once"));
await audit.append(who("twice"), executed("ok", "/once"));
await audit.append(who("twice"), executed("pending", "/again"));
process.stdout.write(`${number}\n`);
// Its connections keep it alive until it is killed.
