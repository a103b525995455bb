/* The suite on a runtime that has node_modules. Timers of Larder keep no process alive, so something else has to. */
const awake = setInterval(() => {}, 1_000)
const { main } = await import('./suite.mjs')
console.log(await main())
clearInterval(awake)
