/* The theme of VitePress with the letters of the reader's own machine, and a figure that fits its column. */
import theme from 'vitepress/theme-without-fonts'
import './style.css'

export default theme
