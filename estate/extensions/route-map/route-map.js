define(["qlik"], function () {
  "use strict";

  // Columns: port of departure, port of arrival, number of containers.
  function rows(layout) {
    var pages = layout.qHyperCube.qDataPages;
    return pages.length ? pages[0].qMatrix : [];
  }

  return {
    initialProperties: {
      qHyperCubeDef: {
        qDimensions: [],
        qMeasures: [],
        qInitialDataFetch: [{ qWidth: 3, qHeight: 200 }],
      },
    },
    definition: {
      type: "items",
      component: "accordion",
      items: {
        dimensions: { uses: "dimensions", min: 2, max: 2 },
        measures: { uses: "measures", min: 1, max: 1 },
        sorting: { uses: "sorting" },
      },
    },
    paint: function ($element, layout) {
      var list = document.createElement("ul");
      rows(layout).forEach(function (row) {
        var item = document.createElement("li");
        item.textContent = row[0].qText + " → " + row[1].qText + ": " + row[2].qText;
        list.appendChild(item);
      });
      $element.empty().append(list);
    },
  };
});
