import { describe, expect, it } from 'vitest';
import { transportText } from './index.ts';

const failure = (fields: object): Error => Object.assign(new Error('what Node says'), fields);

describe('the text of a failed connection', () => {
  const cases: [fields: object, text: string][] = [
    [{ code: 'ECONNREFUSED', address: '10.96.0.7', port: 443 }, 'dial tcp 10.96.0.7:443: connect: connection refused'],
    [{ code: 'ECONNREFUSED', address: 'fd00::7', port: 443 }, 'dial tcp [fd00::7]:443: connect: connection refused'],
    [{ code: 'EHOSTUNREACH', address: '10.0.0.1', port: 1 }, 'dial tcp 10.0.0.1:1: connect: no route to host'],
    [{ code: 'ENOTFOUND', hostname: 'nowhere.example' }, 'dial tcp: lookup nowhere.example: no such host'],
    [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, 'tls: failed to verify certificate: x509: certificate signed by unknown authority'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'],
    [
      { code: 'ERR_TLS_CERT_ALTNAME_INVALID', host: 'a.b.svc', cert: { subjectaltname: 'DNS:c.b.svc, IP Address:10.0.0.1' } },
      'tls: failed to verify certificate: x509: certificate is valid for c.b.svc, 10.0.0.1, not a.b.svc',
    ],
    [{ code: 'ECONNRESET' }, 'read: connection reset by peer'],
    [{ code: 'EWHATEVER' }, 'what Node says'],
  ];
  it.each(cases)('%o', (fields, text) => expect(transportText(failure(fields))).toBe(text));

  it('is that of the first address where there are several', () => {
    const both = new AggregateError([failure({ code: 'ECONNREFUSED', address: '::1', port: 5 }), failure({ code: 'ECONNREFUSED' })]);
    expect(transportText(both)).toBe('dial tcp [::1]:5: connect: connection refused');
  });
});
