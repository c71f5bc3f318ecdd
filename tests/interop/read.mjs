// A second reader of our calendars: ical.js, which shares no code with us or with Python's libraries.
//
//   node read.mjs <node_modules> occurrences   {"calendars": [text], "after": seconds, "before": seconds}
//   node read.mjs <node_modules> offsets       {"zones": [{"calendar": text, "walls": ["2027-03-28T01:59:59"]}]}
//
// reads JSON from standard input and prints JSON: per calendar its occurrences that overlap the time, or per zone
// the offset in seconds that each wall time has.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, command] = process.argv.slice(2);
const { default: ICAL } = await import(pathToFileURL(resolve(modules, "ical.js/dist/ical.js")));
const MOST = 20000;

function seconds(time) {
  return time.isDate ? time.toString() : time.toUnixTime();
}

function told(item, recurrenceId, start, end) {
  return {
    uid: item.uid,
    recurrence_id: recurrenceId ? seconds(recurrenceId) : null,
    start: seconds(start),
    end: seconds(end),
    summary: item.summary,
    description: item.description,
    status: item.component.getFirstPropertyValue("status"),
  };
}

function* series(master, stop) {
  const iterator = master.iterator();
  for (let count = 0; count < MOST; count += 1) {
    const next = iterator.next();
    if (!next || next.toUnixTime() > stop) return;
    const { item, startDate, endDate } = master.getOccurrenceDetails(next);
    yield told(item, next, startDate, endDate);
  }
  throw new Error("too many dates");
}

function occurrences(text, after, before) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const events = calendar.getAllSubcomponents("vevent").map((component) => new ICAL.Event(component));
  const found = [];
  for (const event of events) {
    if (event.isRecurrenceException()) continue;
    if (!event.isRecurring()) {
      found.push(told(event, null, event.startDate, event.endDate));
      continue;
    }
    events
      .filter((other) => other.uid === event.uid && other.isRecurrenceException())
      .forEach((other) => event.relateException(other));
    found.push(...series(event, before));
  }
  const number = (value) => (typeof value === "number" ? value : Date.parse(`${value}T00:00:00Z`) / 1000);
  return found.filter((one) => number(one.start) < before && number(one.end) > after);
}

function read(text, after, before) {
  try {
    return occurrences(text, after, before);
  } catch (error) {
    return [{ uid: "refused", start: String(error), end: "" }];
  }
}

function offsets(text, walls) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  const zone = new ICAL.Timezone(calendar.getFirstSubcomponent("vtimezone"));
  return walls.map((wall) => zone.utcOffset(ICAL.Time.fromDateTimeString(wall)));
}

const input = JSON.parse(readFileSync(0, "utf-8"));
const answer =
  command === "offsets"
    ? input.zones.map(({ calendar, walls }) => offsets(calendar, walls))
    : input.calendars.map((text) => read(text, input.after, input.before));
process.stdout.write(JSON.stringify(answer));
