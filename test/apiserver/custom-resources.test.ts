import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { statusOf, TestApiServer } from './api-server.ts';
import { certificate, certificates } from './certificates-definition.ts';
import { body, CERTIFICATES, define, DEFINITIONS, GROUP, isTrue, message, OLD, undefine, until, type Body } from './definitions.ts';

const TABLE = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' };

let server: TestApiServer;

beforeAll(async () => {
  server = await TestApiServer.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe('a CustomResourceDefinition', () => {
  beforeAll(async () => {
    await define(server, certificates());
  });
  afterAll(async () => {
    await undefine(server, 'certificates.certs.example.com');
  });

  it('is served as soon as it has been created, and says that it is established', async () => {
    expect((await server.get(CERTIFICATES)).body).toMatchObject({ kind: 'CertificateList', apiVersion: 'certs.example.com/v1', items: [] });
    const definition = await until(server, `${DEFINITIONS}/certificates.certs.example.com`, (object) => isTrue(object, 'Established'));
    expect(definition?.['status']).toMatchObject({
      acceptedNames: { plural: 'certificates', singular: 'certificate', kind: 'Certificate', listKind: 'CertificateList' },
      conditions: [
        { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
        { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
      ],
      storedVersions: ['v1'],
    });
    expect(definition?.['metadata'].finalizers).toBeUndefined();
  });

  it('shows in discovery', async () => {
    expect(body(await server.get('/apis/certs.example.com'))).toMatchObject({
      preferredVersion: { version: 'v1' },
      versions: [{ version: 'v1' }, { version: 'v1alpha2' }],
    });
    const { resources } = body(await server.get(`${GROUP}/v1`));
    expect(resources).toMatchObject([
      { name: 'certificates', singularName: 'certificate', kind: 'Certificate', shortNames: ['cert', 'certs'], categories: ['pki'] },
      { name: 'certificates/scale', group: 'autoscaling', kind: 'Scale' },
      { name: 'certificates/status', kind: 'Certificate', verbs: ['get', 'patch', 'update'] },
    ]);
    expect(body(await server.get(`${GROUP}/v1alpha2`))['resources']).toHaveLength(1);
  });

  it('shows in OpenAPI', async () => {
    const index = body(await server.get('/openapi/v3'));
    expect(index['paths']).toHaveProperty(['apis/certs.example.com/v1']);
    const document = body(await server.get('/openapi/v3/apis/certs.example.com/v1'));
    const schema = document['components'].schemas['com.example.certs.v1.Certificate'];
    expect(schema).toMatchObject({ description: 'A certificate.', properties: { spec: { required: ['issuerRef', 'secretName'] } } });
    expect(schema['x-kubernetes-group-version-kind']).toEqual([{ group: 'certs.example.com', kind: 'Certificate', version: 'v1' }]);
    expect(body(await server.get('/openapi/v2'))['definitions']).toHaveProperty(['com.example.certs.v1.Certificate']);
  });

  it('fills in defaults, prunes and counts generations', async () => {
    const made = await server.post(CERTIFICATES, certificate('a', { unknown: 1, keystores: { pkcs12: { create: true } } }));
    expect(made.code).toBe(201);
    expect(made.headers['warning']).toBe('299 - "unknown field \\"spec.unknown\\""');
    expect(body(made)).toMatchObject({
      metadata: { generation: 1 },
      spec: {
        duration: '2160h',
        issuerRef: { name: 'ca', kind: 'Issuer' },
        privateKey: { algorithm: 'RSA' },
        usages: ['digital signature', 'key encipherment'],
        keystores: { pkcs12: { create: true } },
      },
    });
    expect(body(made)['spec']).not.toHaveProperty('unknown');
    const changed = await server.patch(`${CERTIFICATES}/a`, { spec: { commonName: 'x' } });
    expect(body(changed)['metadata'].generation).toBe(2);
  });

  it("refuses what does not fit, in upstream's words", async () => {
    const strict = await server.post(`${CERTIFICATES}?fieldValidation=Strict`, certificate('bad', { nope: 1 }));
    expect([strict.code, message(strict)]).toEqual([
      400,
      'Certificate in version "v1" cannot be handled as a Certificate: strict decoding error: unknown field "spec.nope"',
    ]);
    const wrong = await server.post(
      CERTIFICATES,
      certificate('bad', { replicas: 'two', privateKey: { algorithm: 'DSA' }, dnsNames: ['a', 'a'] }),
    );
    expect(wrong.code).toBe(422);
    expect(message(wrong)).toContain('Certificate.certs.example.com "bad" is invalid: [');
    expect(statusOf(wrong).details?.causes).toEqual(
      expect.arrayContaining([
        {
          reason: 'FieldValueTypeInvalid',
          message: 'Invalid value: "string": spec.replicas in body must be of type integer: "string"',
          field: 'spec.replicas',
        },
        {
          reason: 'FieldValueNotSupported',
          message: 'Unsupported value: "DSA": supported values: "RSA", "ECDSA", "Ed25519"',
          field: 'spec.privateKey.algorithm',
        },
        { reason: 'FieldValueDuplicate', message: 'Duplicate value: "a"', field: 'spec.dnsNames[1]' },
      ]),
    );
    const incomplete = await server.post(CERTIFICATES, { ...certificate('bad'), spec: {} });
    expect(message(incomplete)).toContain('spec.issuerRef: Required value');
    const mistyped = await server.post(CERTIFICATES, { ...certificate('bad'), metadata: { name: 5 } });
    expect([mistyped.code, message(mistyped)]).toEqual([
      400,
      'Certificate in version "v1" cannot be handled as a Certificate: json: cannot unmarshal number into Go struct field ObjectMeta.name of type string',
    ]);
    const named = await server.post(CERTIFICATES, { ...certificate('bad'), metadata: { name: 'Not A Name' } });
    expect(message(named)).toContain('metadata.name: Invalid value: "Not A Name": a lowercase RFC 1123 subdomain');
  });

  it('asks its rules', async () => {
    expect((await server.post(CERTIFICATES, certificate('ruled'))).code).toBe(201);
    const moved = await server.patch(`${CERTIFICATES}/ruled`, { spec: { secretName: 'other' } });
    expect([moved.code, message(moved)]).toEqual([
      422,
      'Certificate.certs.example.com "ruled" is invalid: spec.secretName: Invalid value: "object": secretName is immutable',
    ]);
    const authority = await server.patch(`${CERTIFICATES}/ruled`, { spec: { isCA: true } });
    expect(message(authority)).toContain('spec: Invalid value: "object": an authority must be able to sign');
    expect((await server.patch(`${CERTIFICATES}/ruled`, { spec: { isCA: true, usages: ['cert sign'] } })).code).toBe(200);
  });

  it('keeps status and spec apart, and scales', async () => {
    await server.post(CERTIFICATES, { ...certificate('parts'), status: { replicas: 9 } });
    expect(body(await server.get(`${CERTIFICATES}/parts`))).not.toHaveProperty('status');
    const written = await server.patch(`${CERTIFICATES}/parts/status`, {
      spec: { replicas: 7 },
      status: { replicas: 1, selector: 'app=x' },
    });
    expect(body(written)).toMatchObject({ metadata: { generation: 1 }, spec: { replicas: 1 }, status: { replicas: 1 } });
    expect(body(await server.get(`${CERTIFICATES}/parts/scale`))).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { replicas: 1, selector: 'app=x' },
    });
    expect(body(await server.patch(`${CERTIFICATES}/parts/scale`, { spec: { replicas: 3 } }))['spec']).toEqual({ replicas: 3 });
    expect(body(await server.get(`${CERTIFICATES}/parts`))).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } });
    expect((await server.get(`${OLD}/parts/scale`)).code).toBe(404);
  });

  it('prints its own columns in each version', async () => {
    await server.post(CERTIFICATES, certificate('shown'));
    await server.patch(`${CERTIFICATES}/shown/status`, { status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    const table = body(await server.get(`${CERTIFICATES}/shown`, TABLE));
    expect(table['columnDefinitions'].map(({ name }: Body) => name)).toEqual(['Name', 'Ready', 'Secret', 'Issuer', 'Age']);
    expect(table['rows'][0].cells.slice(0, 4)).toEqual(['shown', 'True', 'tls', 'ca']);
    const old = body(await server.get(`${OLD}/shown`, TABLE));
    expect(old['columnDefinitions'].map(({ name }: Body) => name)).toEqual(['Name', 'Age']);
  });

  it('is served in its other version, with a warning', async () => {
    await server.post(CERTIFICATES, certificate('versions'));
    const old = await server.get(`${OLD}/versions`);
    expect(old.headers['warning']).toBe('299 - "certs.example.com/v1alpha2 Certificate is going away"');
    expect(body(old)).toMatchObject({ apiVersion: 'certs.example.com/v1alpha2', spec: { secretName: 'tls' } });
    const made = await server.post(OLD, { ...certificate('from-old'), apiVersion: 'certs.example.com/v1alpha2' });
    expect([made.code, body(made)['apiVersion']]).toEqual([201, 'certs.example.com/v1alpha2']);
    expect(body(await server.get(`${CERTIFICATES}/from-old`))['apiVersion']).toBe('certs.example.com/v1');
    expect(body(await server.get(OLD))).toMatchObject({ kind: 'CertificateList', apiVersion: 'certs.example.com/v1alpha2' });
  });

  it('can be selected by its fields', async () => {
    await server.post(CERTIFICATES, certificate('selected', { secretName: 'rare' }));
    const found = body(await server.get(`${CERTIFICATES}?fieldSelector=spec.secretName%3Drare`));
    expect(found['items'].map(({ metadata }: Body) => metadata.name)).toEqual(['selected']);
    expect((await server.get(`${CERTIFICATES}?fieldSelector=spec.commonName%3Dx`)).code).toBe(400);
  });

  it('takes JSON, merge and apply patches, but no strategic ones', async () => {
    await server.post(CERTIFICATES, certificate('patched', { outputs: [{ type: 'DER', path: 'a' }] }));
    const path = `${CERTIFICATES}/patched`;
    expect((await server.patch(path, [{ op: 'add', path: '/spec/commonName', value: 'x' }], 'json')).code).toBe(200);
    const strategic = await server.patch(path, { spec: { commonName: 'y' } }, 'strategic');
    expect([strategic.code, message(strategic)]).toEqual([
      415,
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
    ]);
    const applied = { ...certificate('patched'), spec: { outputs: [{ type: 'PEM', path: 'b' }] } };
    const mine = await server.patch(`${path}?fieldManager=me`, applied, 'apply');
    expect(mine.code).toBe(200);
    expect(body(mine)['spec'].outputs).toEqual([
      { type: 'DER', path: 'a' },
      { type: 'PEM', path: 'b' },
    ]);
    const stolen = await server.patch(
      `${path}?fieldManager=other`,
      { ...applied, spec: { outputs: [{ type: 'PEM', path: 'c' }] } },
      'apply',
    );
    expect([stolen.code, message(stolen)]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "me": .spec.outputs[type="PEM"].path',
    ]);
  });

  it('changes while objects exist: new defaults show, fields that have gone do not', async () => {
    await server.post(CERTIFICATES, certificate('changing', { commonName: 'x' }));
    const definition = body(await server.get(`${DEFINITIONS}/certificates.certs.example.com`));
    const fields = definition['spec'].versions[0].schema.openAPIV3Schema.properties.spec.properties;
    fields.tier = { type: 'string', default: 'gold' };
    delete fields.commonName;
    const changed = await server.put(`${DEFINITIONS}/certificates.certs.example.com`, definition);
    expect(changed.code).toBe(200);
    expect(body(await server.get(`${CERTIFICATES}/changing`))['spec']).toMatchObject({ tier: 'gold' });
    expect(body(await server.get(`${CERTIFICATES}/changing`))['spec']).not.toHaveProperty('commonName');
    expect(
      body(await server.get('/openapi/v3/apis/certs.example.com/v1'))['components'].schemas['com.example.certs.v1.Certificate'].properties
        .spec.properties,
    ).toHaveProperty('tier');
  });

  it('is served again after a restart', async () => {
    await server.shut();
    await server.open();
    expect(body(await server.get(`${CERTIFICATES}/a`))).toMatchObject({ kind: 'Certificate', spec: { secretName: 'tls' } });
  });
});

describe('the end of a definition', () => {
  it('waits for its objects, and they for their finalizers', async () => {
    await define(server, certificates());
    await server.post(CERTIFICATES, certificate('free'));
    await server.post(CERTIFICATES, { ...certificate('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    const path = `${DEFINITIONS}/certificates.certs.example.com`;
    expect(body(await server.delete(path))['metadata'].finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    await until(server, `${CERTIFICATES}/free`, (object) => object === undefined);
    const ending = await until(server, path, (object) => isTrue(object, 'Terminating'));
    expect(ending?.['status'].conditions.at(-1)).toMatchObject({ reason: 'InstanceDeletionInProgress' });
    expect((await server.post(CERTIFICATES, certificate('late'))).code).toBe(405);
    expect((await server.patch(`${CERTIFICATES}/held`, { metadata: { finalizers: null } })).code).toBe(200);
    await until(server, path, (object) => object === undefined);
    expect((await server.get(CERTIFICATES)).code).toBe(404);
    expect((await server.get(GROUP)).code).toBe(404);
  });
});

describe('other shapes of definitions', () => {
  const path = `${DEFINITIONS}/certificates.certs.example.com`;

  it('may be of cluster scope', async () => {
    const definition = certificates();
    definition.spec.scope = 'Cluster';
    await define(server, definition);
    expect((await server.post(`${GROUP}/v1/certificates`, certificate('wide'))).code).toBe(201);
    expect(body(await server.get(`${GROUP}/v1/certificates/wide`))['metadata']).not.toHaveProperty('namespace');
    expect((await server.get(CERTIFICATES)).code).toBe(404);
    await undefine(server, 'certificates.certs.example.com');
  });

  it('may move to another storage version, and stop serving one', async () => {
    const definition = certificates();
    const [v1, old] = definition.spec.versions;
    Object.assign(v1 as object, { served: false, storage: false });
    Object.assign(old as object, { storage: true });
    await define(server, definition);
    await server.post(OLD, { ...certificate('moved'), apiVersion: 'certs.example.com/v1alpha2' });
    expect((await server.get(CERTIFICATES)).code).toBe(404);
    const present = await until(server, path, (object) => isTrue(object, 'Established'));
    Object.assign(present?.['spec'].versions[0], { served: true, storage: true });
    Object.assign(present?.['spec'].versions[1], { served: false, storage: false });
    const changed = await server.put(path, present);
    expect([changed.code, body(changed)['status'].storedVersions]).toEqual([200, ['v1alpha2', 'v1']]);
    expect((await server.get(OLD)).code).toBe(404);
    const moved = body(await server.get(`${CERTIFICATES}/moved`));
    expect(moved).toMatchObject({ apiVersion: 'certs.example.com/v1', spec: { secretName: 'tls', duration: '2160h' } });
    expect(body(await server.get(CERTIFICATES))['items']).toHaveLength(1);
    expect((await server.patch(`${CERTIFICATES}/moved`, { metadata: { labels: { a: 'b' } } })).code).toBe(200);
    await undefine(server, 'certificates.certs.example.com');
  });

  it('may keep their only version to themselves', async () => {
    const definition = certificates();
    const [v1] = definition.spec.versions;
    await define(server, definition);
    await server.post(CERTIFICATES, certificate('hidden'));
    const present = await until(server, path, (object) => isTrue(object, 'Established'));
    Object.assign(present?.['spec'], { versions: [{ ...v1, served: false }] });
    expect((await server.put(path, present)).code).toBe(200);
    expect((await server.get(GROUP)).code).toBe(404);
    await undefine(server, 'certificates.certs.example.com');
  });
});

describe('names that others have', () => {
  it('are refused until they are free', async () => {
    await define(server, certificates());
    const rival = certificates();
    rival.metadata.name = 'papers.certs.example.com';
    rival.spec.names = { plural: 'papers', kind: 'Certificate', listKind: 'PaperList' };
    await define(server, rival);
    const path = `${DEFINITIONS}/papers.certs.example.com`;
    const refused = await until(server, path, (object) => object?.['status'].conditions.length > 0);
    expect(refused?.['status'].conditions).toMatchObject([
      { type: 'NamesAccepted', status: 'False', reason: 'KindConflict', message: '"Certificate" is already in use' },
      { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' },
    ]);
    expect((await server.get(`${GROUP}/v1/papers`)).code).toBe(404);
    await undefine(server, 'certificates.certs.example.com');
    await until(server, path, (object) => isTrue(object, 'Established'));
    expect((await server.get(`${GROUP}/v1/papers`)).code).toBe(200);
    await undefine(server, 'papers.certs.example.com');
  });
});

describe('a definition with mistakes', () => {
  it.each<[string, (schema: Body) => void, string]>([
    [
      'a rule about a field that is not there',
      (spec) => void (spec['x-kubernetes-validations'] = [{ rule: 'self.nothing > 1' }]),
      'spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: "self.nothing > 1": compilation failed: ERROR: <input>:1:5:',
    ],
    [
      'a rule that is no condition',
      (spec) => void (spec['x-kubernetes-validations'] = [{ rule: 'self.secretName' }]),
      'must evaluate to bool',
    ],
    [
      'a default that is not valid',
      (spec) => void (spec['properties'].replicas.default = -1),
      '.properties[replicas].default: Invalid value: -1',
    ],
    [
      'a pattern that is none',
      (spec) => void (spec['properties'].commonName = { type: 'string', pattern: '(' }),
      '.pattern: Invalid value: "("',
    ],
  ])('is refused: %s', async (_, spoil, expected) => {
    const definition = certificates();
    spoil(definition.spec.versions[0]?.schema?.openAPIV3Schema?.properties?.['spec'] as Body);
    const answer = await server.post(DEFINITIONS, definition);
    expect([answer.code, message(answer)]).toEqual([422, expect.stringContaining(expected)]);
  });

  it('in a protected group needs approval', async () => {
    const definition = certificates();
    definition.metadata.name = 'certificates.x.k8s.io';
    definition.spec.group = 'x.k8s.io';
    const answer = await server.post(DEFINITIONS, definition);
    expect(message(answer)).toContain(
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
    );
  });
});
