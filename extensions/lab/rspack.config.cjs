// What is added to JupyterLab's own build of extensions.
module.exports = {
  optimization: {
    splitChunks: { cacheGroups: { elk: { test: /[\\/]node_modules[\\/]elkjs[\\/]/, name: 'elk', chunks: 'async' } } }
  },
  performance: {
    // ELK is fetched when a lineage is first drawn, never while JupyterLab starts. All else keeps the usual limit.
    assetFilter: name => /\.js(\?|$)/.test(name) && !name.startsWith('elk.')
  }
};
