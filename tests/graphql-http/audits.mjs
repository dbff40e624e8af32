// The audits of GraphQL over HTTP (npm graphql-http) on one address. Fails when a MUST or a SHOULD does.
import { serverAudits } from 'graphql-http';

const url = process.argv[2];
let manquees = 0;
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const resultat = await audit.fn();
  if (resultat.status === 'ok') continue;
  const exigee = audit.name.startsWith('MUST') || audit.name.startsWith('SHOULD');
  if (exigee) manquees += 1;
  console.log(`${exigee ? 'FAILED' : 'permitted'} ${audit.id} ${audit.name}: ${resultat.reason}`);
}
console.log(`${manquees} required audits failed`);
process.exit(manquees === 0 ? 0 : 1);
