/** Reads so many records of a topic with kafkajs, which has no codec but gzip, and prints a line of JSON for each. */

import { Kafka, logLevel } from "kafkajs";

const [servers, topic, count] = process.argv.slice(2);
const kafka = new Kafka({ brokers: servers.split(","), logLevel: logLevel.ERROR });
const consumer = kafka.consumer({ groupId: `kafkajs-${topic}` }); // reads committed records unless told otherwise
let left = Number(count);

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await new Promise((resolve, reject) => {
  consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  void consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) => {
      const event = value && JSON.parse(value.toString()); // no value: the article was erased
      const line = { key: key.toString(), type: headers.ce_type?.toString() ?? null, claims: event?.claims?.length ?? null };
      console.log(JSON.stringify(line));
      if (--left === 0) resolve();
    },
  });
});
await consumer.disconnect();
