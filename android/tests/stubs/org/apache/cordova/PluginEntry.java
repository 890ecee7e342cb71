package org.apache.cordova;

public class PluginEntry {}
