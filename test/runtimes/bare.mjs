/*
 * The suite where there is nothing of Node: neither `process` nor `Buffer` nor `setImmediate`, and nothing to import.
 * What is left are the names that browsers have too.
 */
const awake = setInterval(() => {}, 1_000)
const { log } = console
const own = ['process', 'Buffer', 'setImmediate', 'clearImmediate', 'global']
const kept = own.map((name) => Object.getOwnPropertyDescriptor(globalThis, name))
for (const name of own) delete globalThis[name]
const { main } = await import('./all.mjs')
const said = await main()
own.forEach((name, i) => Object.defineProperty(globalThis, name, kept[i]))
log(said)
clearInterval(awake)
