import * as tf from '@tensorflow/tfjs';
import { createRng } from 'tfjs-sparsity';
import { prunableKernels, sparsify, useBackend } from 'tfjs-sparsity/ops';
await useBackend('wasm',{log(){}});
const which=process.argv[2], sp=Number(process.argv[3]), steps=Number(process.argv[4]);
const {layers}=tf;const conv=(filters,rest={})=>layers.conv2d({filters,kernelSize:3,padding:'same',activation:'relu',...rest});const dense=(units,rest={})=>layers.dense({units,activation:'relu',...rest});const pool=()=>layers.maxPooling2d({poolSize:2});
const plain=which==='mlp'?tf.sequential({layers:[dense(512,{inputShape:[784]}),dense(512),layers.dense({units:16,activation:'softmax'})]}):tf.sequential({layers:[conv(32,{inputShape:[32,32,4]}),conv(64),pool(),conv(128),pool(),conv(128),layers.flatten(),layers.dense({units:10,activation:'softmax'})]});
const batch=which==='mlp'?[128,784]:[32,32,32,4];
const m=sparsify(plain,{execution:'sparse'});
const ks=prunableKernels(m);ks.forEach((k,i)=>{if(i===ks.length-1||(i===0&&k.info.kind==='conv2d'))return;const rng=createRng(`b${i}`);const size=k.info.shape.reduce((a,b)=>a*b,1);const mask=Uint8Array.from({length:size},()=>rng.uniform()<sp?0:1);k.repack({forward:mask,backward:mask,gradient:mask},{pruned:'zero',slots:'zero',decay:0})});
m.compile({optimizer:tf.train.sgd(.01),loss:'categoricalCrossentropy'});
const n=plain.outputShape[1];const xs=tf.randomNormal(batch,0,1,'float32',3);const ys=tf.tidy(()=>tf.oneHot(tf.range(0,batch[0]).mod(n).toInt(),n).mul(1));
const t=[];for(let i=0;i<steps;i++){const c=process.cpuUsage();await m.trainOnBatch(xs,ys);const u=process.cpuUsage(c);t.push((u.user+u.system)/1000)}
t.splice(0,steps>>1);t.sort((a,b)=>a-b);console.log('median',t[t.length>>1],'p15',t[Math.floor(t.length*.15)]);
