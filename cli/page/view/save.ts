/**
 * Files that the page gives: downloads, pictures as SVG and PNG.
 *
 * @module
 */

/// <reference lib="dom" />

/** Offers bytes as a file. */
export function download(name: string, content: BlobPart, type = "application/octet-stream"): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The pictures within an element, as files of their own. */
export async function savePictures(id: string, as: "svg" | "png"): Promise<void> {
  const found = [...document.querySelectorAll<SVGSVGElement>(`#${id} svg`)];
  for (const [k, svg] of found.entries()) {
    const name = `freeknot-${id}${found.length > 1 ? `-${k + 1}` : ""}.${as}`;
    const text = standalone(svg);
    if (as === "svg") download(name, text, "image/svg+xml");
    else download(name, await png(text, svg), "image/png");
  }
}

/** Properties of the style sheet that a picture's file keeps. */
const KEPT = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-opacity",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "paint-order",
];

/** A picture with its colours as it stands, on the page's paper. */
function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const from = [...svg.querySelectorAll("*")], to = [...copy.querySelectorAll("*")];
  from.forEach((element, k) => {
    const style = getComputedStyle(element), target = to[k];
    for (const name of KEPT) {
      const value = style.getPropertyValue(name);
      if (value !== "") target.setAttribute(name, value);
    }
    target.removeAttribute("class");
  });
  const { width, height } = svg.viewBox.baseVal;
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  paper.setAttribute("width", String(width));
  paper.setAttribute("height", String(height));
  paper.setAttribute("fill", getComputedStyle(document.body).backgroundColor);
  copy.prepend(paper);
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("class");
  return new XMLSerializer().serializeToString(copy);
}

/** Device pixels per unit of a saved picture. */
const RATIO = 3;

async function png(text: string, svg: SVGSVGElement): Promise<Blob> {
  const { width, height } = svg.viewBox.baseVal, image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = RATIO * width;
  canvas.height = RATIO * height;
  canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve, reject) =>
    canvas.toBlob((blob) => blob ? resolve(blob) : reject(new Error("no picture")))
  );
}
