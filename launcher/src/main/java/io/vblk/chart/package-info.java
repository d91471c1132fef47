// SPDX-License-Identifier: Apache-2.0
/**
 * Pictures and pages for reports: SVG and HTML as text, without scripts and without anything
 * fetched from elsewhere, readable in a light and a dark browser and on paper.
 */
package io.vblk.chart;
