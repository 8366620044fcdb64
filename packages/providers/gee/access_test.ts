import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { isRsembedError } from "@rsembed/core";
import { findAccess, likelyAccess, type Surroundings } from "./access.ts";
import { geeProvider } from "./mod.ts";
import { type EarthEngineDouble, startDouble } from "./testdata/double/server.ts";
import { assertPlane, request, s2 } from "./testdata/requests.ts";
import { pattern, s2Scene } from "./testdata/scenes.ts";

const holdings = { [s2]: [s2Scene("2022-06-10")] };
const keys = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

interface Login {
  readonly double: EarthEngineDouble;
  readonly home: string;
  readonly around: Surroundings;
  /** Writes a file below the home. */
  readonly write: (path: string, content: unknown) => Promise<string>;
}

async function withLogin(fn: (login: Login) => Promise<void>): Promise<void> {
  const double = await startDouble({
    holdings,
    publicKey: keys.publicKey,
    refreshToken: "refresh-1",
  });
  const home = await mkdtemp(join(tmpdir(), "rsembed-login-"));
  try {
    await fn({
      double,
      home,
      around: {
        env: { NO_GCE_CHECK: "true" },
        home,
        platform: "linux",
        tokenUrl: `${double.url}/token`,
      },
      async write(path, content) {
        const full = join(home, path);
        await mkdir(dirname(full), { recursive: true });
        await writeFile(full, typeof content === "string" ? content : JSON.stringify(content));
        return full;
      },
    });
  } finally {
    await double.close();
    await rm(home, { recursive: true, force: true });
  }
}

function keyFile({ url }: EarthEngineDouble, changes: object = {}): object {
  return {
    type: "service_account",
    project_id: "test-project",
    private_key_id: "k1",
    private_key: keys.privateKey,
    client_email: "robot@test-project.iam.gserviceaccount.com",
    token_uri: `${url}/token`,
    ...changes,
  };
}

const loginFile = ".config/earthengine/credentials";

test("a key file of a service account gives tokens, and its project", async () => {
  await withLogin(async ({ double, write }) => {
    const credentials = await write("key.json", keyFile(double));
    const provider = geeProvider({ credentials, serviceUrl: double.url, listScenes: false });
    assertPlane(await provider.fetch(request()), {}, (c, r) => pattern(c, r, 4));
    assert.equal(double.seen[0]!.headers["x-goog-user-project"], "test-project");
    await provider.fetch(request());
    assert.equal(double.tokenRequests.length, 1);
  });
});

test("a token that is refused is renewed once", async () => {
  await withLogin(async ({ double, write }) => {
    const credentials = await write("key.json", keyFile(double));
    const provider = geeProvider({ credentials, serviceUrl: double.url, listScenes: false });
    await provider.fetch(request());
    double.tokens.clear();
    await Promise.all([1, 2, 3].map(() => provider.fetch(request())));
    assert.equal(double.tokenRequests.length, 2);
  });
});

test("what earthengine authenticate leaves is found first, and gives its project", async () => {
  await withLogin(async ({ double, around, write }) => {
    await write(loginFile, { refresh_token: "refresh-1", project: "my-project" });
    await write(".config/gcloud/application_default_credentials.json", {
      type: "authorized_user",
      client_id: "1-x",
      client_secret: "s",
      refresh_token: "other",
    });
    const access = await findAccess({}, around);
    assert.equal(access.project, "my-project");
    assert.match(access.label, /earthengine authenticate/);
    assert(double.tokens.has(await access.tokens.token()));
  });
});

test("credentials that are refused count as absent, and the next are taken", async () => {
  await withLogin(async ({ around, write }) => {
    await write(loginFile, { refresh_token: "revoked", project: "old" });
    await write(".config/gcloud/application_default_credentials.json", {
      type: "authorized_user",
      client_id: "1-x",
      client_secret: "s",
      refresh_token: "refresh-1",
      quota_project_id: "payer",
    });
    const access = await findAccess({}, around);
    assert.equal(access.project, "payer");
    assert.match(access.label, /gcloud/);
  });
});

test("GOOGLE_APPLICATION_CREDENTIALS stands before gcloud's own file", async () => {
  await withLogin(async ({ double, around, write }) => {
    const path = await write("elsewhere/key.json", keyFile(double, { project_id: "named" }));
    const env = { ...around.env, GOOGLE_APPLICATION_CREDENTIALS: path };
    assert.equal((await findAccess({}, { ...around, env })).project, "named");
    assert.equal((await likelyAccess({}, { ...around, env }))?.project, "named");
  });
});

test("the project is that of the settings, of EE_PROJECT, or of the credentials", async () => {
  await withLogin(async ({ around }) => {
    const env = { ...around.env, EE_PROJECT: "from-env", GOOGLE_CLOUD_PROJECT: "cloud" };
    const token = { accessToken: "abc" };
    assert.equal((await findAccess(token, { ...around, env })).project, "from-env");
    assert.equal(
      (await findAccess({ ...token, project: "mine" }, { ...around, env })).project,
      "mine",
    );
    await assert.rejects(
      findAccess(token, around),
      (e) => isRsembedError(e, "auth") && /EE_PROJECT/.test(e.message),
    );
  });
});

test("the identity of a machine is taken last", async () => {
  await withLogin(async ({ double, around }) => {
    const env = { GCE_METADATA_HOST: new URL(double.url).host };
    const access = await findAccess({}, { ...around, env });
    assert.equal(access.project, "test-project");
    assert(double.tokens.has(await access.tokens.token()));
  });
});

test("workload identity federation exchanges a token from a file", async () => {
  await withLogin(async ({ double, write }) => {
    const subject = await write("subject.txt", "somebody");
    const credentials = await write("federated.json", {
      type: "external_account",
      audience:
        "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/x",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `${double.url}/sts`,
      credential_source: { file: subject },
    });
    const access = await findAccess({ credentials, project: "p" });
    assert(double.tokens.has(await access.tokens.token()));
    assert.equal(
      double.tokenRequests[0]!["subject_token"] ?? double.tokenRequests[0]!["subjectToken"],
      "somebody",
    );
  });
});

test("without credentials the error says what was looked for, and what to do", async () => {
  await withLogin(async ({ around, home }) => {
    await assert.rejects(findAccess({}, around), (e) => {
      assert(isRsembedError(e, "auth"));
      assert.match(e.message, /earthengine authenticate/);
      assert.match(e.message, /GOOGLE_APPLICATION_CREDENTIALS/);
      assert(e.message.includes(join(home, ".config", "earthengine", "credentials")));
      return true;
    });
    assert.equal(await likelyAccess({}, around), null);
  });
});

test("credentials that cannot be used say why, and never show a secret", async () => {
  await withLogin(async ({ double, write }) => {
    const broken: readonly [unknown, RegExp][] = [
      ["no json", /no JSON object/],
      [{ type: "service_account", client_email: "a@b" }, /no private_key/],
      [
        keyFile(double, {
          private_key: "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----",
        }),
        /private key is not readable/,
      ],
      [keyFile(double, { token_uri: "http://evil.example/token" }), /https address is wanted/],
      [
        { type: "external_account", credential_source: { executable: { command: "rm" } } },
        /neither from a file nor from an address/,
      ],
      [{ type: "something" }, /of the type "something"/],
    ];
    for (const [content, message] of broken) {
      const credentials = await write("broken.json", content);
      await assert.rejects(
        async () => {
          const { tokens } = await findAccess({ credentials, project: "p" });
          await tokens.token();
        },
        (e) => {
          assert(isRsembedError(e), String(e));
          assert.match(e.message, message);
          assert(
            !e.message.includes("c2VjcmV0") && !e.message.includes(keys.privateKey.slice(40, 90)),
          );
          return true;
        },
      );
    }
  });
});

test("a token service that is out is no reason to take other credentials", async () => {
  await withLogin(async ({ double, around, write }) => {
    await write(loginFile, { refresh_token: "refresh-1", project: "my-project" });
    double.tokenStatus = 503;
    await assert.rejects(findAccess({}, around), (e) => isRsembedError(e, "unavailable"));
  });
});
