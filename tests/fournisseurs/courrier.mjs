// A mail server that keeps what it receives, for the tests of the hub: prints its address, then each message as a
// line of JSON. It refuses addresses that begin with « refus ».
import { SMTPServer } from 'smtp-server';

const serveur = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  onRcptTo: ({ address }, _, fin) => fin(address.startsWith('refus') ? new Error('boîte inconnue') : null),
  async onData(flux, session, fin) {
    const morceaux = [];
    for await (const morceau of flux) morceaux.push(morceau);
    const { mailFrom, rcptTo } = session.envelope;
    const message = Buffer.concat(morceaux).toString('utf8');
    console.log(JSON.stringify({ de: mailFrom.address, a: rcptTo.map((r) => r.address), message }));
    fin();
  },
});
serveur.listen(0, '127.0.0.1', () => console.log(`smtp://127.0.0.1:${serveur.server.address().port}`));
