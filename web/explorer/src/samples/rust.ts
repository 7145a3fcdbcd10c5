// Rust has no SDK of the cloud's: the request is signed by hand.
import { encoded, indented, lines, rustQuoted, signed } from '@muster/ui/samples';
import { type Language, written } from './call.ts';

export const rust: Language = {
  id: 'rust',
  name: 'Rust',
  sample(call) {
    const told = written(call);
    const { method } = call.operation;
    const { scheme, authority } = call.endpoint;
    const given = `let parameters = ${rustQuoted(encoded(told))};`;
    const computed: Record<string, string> = {
      'x-acs-content-sha256': '&hash',
      'x-acs-date': '&date',
      'x-acs-signature-nonce': '&nonce',
    };
    const headers = signed(told).map(([name, value]) => `("${name}", ${computed[name] ?? rustQuoted(value)}),`);
    const [query, body] = method === 'GET' ? ['{parameters}', '""'] : ['', 'parameters'];
    const url = `${scheme}://${authority}/${method === 'GET' ? '?{parameters}' : ''}`;
    const address = method === 'GET' ? `format!(${rustQuoted(url)})` : rustQuoted(url);
    const main = [
      'let key = std::env::var("ALIBABA_CLOUD_ACCESS_KEY_ID")?;',
      'let secret = std::env::var("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?;',
      given,
      `let hash = hex::encode(Sha256::digest(${body}));`,
      'let date = Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();',
      'let nonce = Uuid::new_v4().to_string();',
      'let headers = [',
      ...indented(headers, 4),
      '];',
      'let lines: String = headers',
      '    .iter()',
      '    .map(|(name, value)| format!("{name}:{value}\\n"))',
      '    .collect();',
      'let names = headers.map(|(name, _)| name).join(";");',
      `let canonical = format!("${method}\\n/\\n${query}\\n{lines}\\n{names}\\n{hash}");`,
      'let canonical = hex::encode(Sha256::digest(canonical));',
      'let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;',
      'mac.update(format!("ACS3-HMAC-SHA256\\n{canonical}").as_bytes());',
      'let signature = hex::encode(mac.finalize().into_bytes());',
      '',
      'let agent: ureq::Agent = ureq::Agent::config_builder()',
      '    .http_status_as_error(false)',
      '    .build()',
      '    .into();',
      `let mut request = agent.${method.toLowerCase()}(${address});`,
      'for (name, value) in headers {',
      '    request = request.header(name, value);',
      '}',
      'let authorization =',
      '    format!("ACS3-HMAC-SHA256 Credential={key},SignedHeaders={names},Signature={signature}");',
      'let mut response = request',
      '    .header("authorization", authorization)',
      method === 'GET' ? '    .call()?;' : '    .send(parameters)?;',
      'let text = response.body_mut().read_to_string()?;',
      'if !response.status().is_success() {',
      '    return Err(text.into());',
      '}',
      'println!("{text}");',
      'Ok(())',
    ];
    const code = lines(
      ['use chrono::Utc;', 'use hmac::{Hmac, Mac};', 'use sha2::{Digest, Sha256};', 'use uuid::Uuid;', ''],
      ['fn main() -> Result<(), Box<dyn std::error::Error>> {', ...indented(main, 4), '}'],
    );
    return {
      code,
      means: 'plain',
      install: 'cargo add chrono hex hmac@0.12 sha2@0.10 ureq@3 && cargo add uuid --features v4',
    };
  },
};
